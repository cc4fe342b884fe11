/* What the compiled files share: versions for several processors, and functions of several numbers. */

#if defined __x86_64__ && defined __GLIBC__ && defined __GNUC__ && !defined __clang__
/* One version for each generation of processors; the right one is chosen when it is loaded. */
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#if __GLIBC_PREREQ(2, 35)
/* The C library has these for several numbers at a time. */
__attribute__((simd("notinbranch"))) double exp(double);
__attribute__((simd("notinbranch"))) double tanh(double);
#endif
#else
#define FOR_EACH_PROCESSOR
#endif
