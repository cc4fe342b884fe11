/* Runs of the one unit y_n = σ(w y_{n-1} + b), σ the logistic function, for many (w, b) at once:
   y_n, ∂y_n/∂w, ∂y_n/∂b, and how many times a rounding error had grown at worst. The same in NumPy, with
   the formulas in words, is run() in one_unit/orbits.py; the tests compare the two. */

#include <math.h>

#define INLINE static inline __attribute__((always_inline))
#include "processors.h"
#include "activations.h"
#include "double_double.h"

enum { LANES = 64 };

FOR_EACH_PROCESSOR
static void lanes(long n, const double *restrict w, const double *restrict b,
                  const double *restrict y0, double *restrict y, double *restrict by_w,
                  double *restrict by_b, double *restrict worst) {
  double error[LANES];
  for (int i = 0; i < LANES; i++) {
    y[i] = y0[i];
    by_w[i] = by_b[i] = error[i] = worst[i] = 0;
  }
  for (long k = 1; k <= n; k++) {
    long moved = 0;
    for (int i = 0; i < LANES; i++) {
      double next = logistic_value(w[i] * y[i] + b[i]), s = next * (1 - next);
      double slope_w = s * (y[i] + w[i] * by_w[i]), slope_b = s * (1 + w[i] * by_b[i]);
      double grown = 1 + fabs(w[i]) * s * error[i];
      moved += (slope_w != by_w[i]) | (slope_b != by_b[i]) | (next != y[i]) | (grown != error[i]);
      y[i] = next;
      by_w[i] = slope_w;
      by_b[i] = slope_b;
      error[i] = grown;
      worst[i] = worst[i] > grown ? worst[i] : grown;
    }
    if (!moved) break; /* every later step would repeat this one, digit by digit */
  }
}

void one_unit(long size, long n, const double *w, const double *b, const double *y0, double *y,
              double *by_w, double *by_b, double *worst) {
  for (long i = 0; i < size; i += LANES) {
    if (i + LANES <= size) {
      lanes(n, w + i, b + i, y0 + i, y + i, by_w + i, by_b + i, worst + i);
      continue;
    }
    double in[3][LANES] = {{0}}, out[4][LANES];
    long rest = size - i;
    for (long j = 0; j < rest; j++) {
      in[0][j] = w[i + j];
      in[1][j] = b[i + j];
      in[2][j] = y0[i + j];
    }
    lanes(n, in[0], in[1], in[2], out[0], out[1], out[2], out[3]);
    for (long j = 0; j < rest; j++) {
      y[i + j] = out[0][j];
      by_w[i + j] = out[1][j];
      by_b[i + j] = out[2][j];
      worst[i + j] = out[3][j];
    }
  }
}

/* y_n, ∂y_n/∂w and ∂y_n/∂b once more, with states of twice the digits. */
void one_unit_twofold(long size, long n, const double *w, const double *b, const double *y0,
                      double *y, double *by_w, double *by_b) {
  for (long i = 0; i < size; i++) {
    twofold state = of(y0[i]);
    double rate_w = 0, rate_b = 0;
    for (long k = 0; k < n; k++) {
      twofold next = logistic_twofold(add(times(state, of(w[i])), of(b[i])));
      double s = times(next, add(of(1), negative(next))).high;
      rate_w = s * (state.high + w[i] * rate_w);
      rate_b = s * (1 + w[i] * rate_b);
      state = next;
    }
    y[i] = state.high;
    by_w[i] = rate_w;
    by_b[i] = rate_b;
  }
}
