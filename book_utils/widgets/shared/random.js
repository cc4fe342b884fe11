// Random numbers that are the same in a browser and in NumPy; the formulas are those of a kernel.

/** Of one seed: a number between 0 and 1 for each run, step and draw. */
export function uniforms(kernel, seed) {
  const [key] = kernel.hash(seed);
  return (run, k, draw) => {
    const [counter] = kernel.counter(run, k, draw);
    return kernel.uniform(kernel.hash(counter ^ key)[0])[0];
  };
}
