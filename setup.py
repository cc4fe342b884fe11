"""What pyproject.toml cannot say without setuptools calling it experimental: the C extension.

bptt for the simplest cells, and runs of the one unit, in C. Where it cannot be compiled NumPy does
the work. All else stands in pyproject.toml.
"""

from setuptools import Extension, setup

FOLDER = "book_utils/dynamics/compiled/"

setup(
    ext_modules=[
        Extension(
            "book_utils.dynamics.compiled._loops",
            sources=[FOLDER + "bptt.c", FOLDER + "unit.c"],
            depends=[
                FOLDER + name for name in ("activations.h", "double_double.h", "processors.h")
            ],
            # What keeps the compiler from taking several numbers at a time: errno, and exceptions
            # of the processor. Sums stay in the order in which they are written.
            extra_compile_args=["-O3", "-fno-math-errno", "-fno-trapping-math"],
            libraries=["m"],
            optional=True,
        )
    ]
)
