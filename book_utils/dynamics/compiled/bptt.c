/* Backpropagation through time for the cells whose step is one matrix between two activations.

   Vanilla   a_t = W σ(a_{t-1}) + U u_t + b, the state is a_t
   Elman     a_t = W s_{t-1} + U u_t + b, the state is s_t = σ(a_t)

   In both a_t = W s_{t-1} + U u_t + b and s_t = σ(a_t); they differ in what the loss sees and in
   the first s. With μ_t = ∂E/∂a_t, a row, and g_t = ∂E_t/∂x_t:

   Vanilla   μ_t = (μ_{t+1} W) ∘ σ′(a_t) + g_t
   Elman     μ_t = (μ_{t+1} W + g_t) ∘ σ′(a_t)

   and for both ∂E/∂W = Σ μ_tᵀ s_{t-1}ᵀ, ∂E/∂U = Σ μ_tᵀ u_tᵀ, ∂E/∂b = Σ μ_t.
   Batches of B rows of n numbers; the times follow each other. The same in NumPy, and the checks
   of all arguments, are in gradients.py; the tests compare the two. */

#include <float.h>
#include <math.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

#include "processors.h"
#include "activations.h"

enum { VANILLA, ELMAN };
enum { LANES = 8, ROWS = 4, WIDE = 2 * LANES, WIDEST = 8 * LANES };
enum { BLOCK = 16384 }; /* so many numbers of μ are kept until they enter the gradient */

typedef double vector __attribute__((vector_size(LANES * sizeof(double)), aligned(8)));

/* C += A M for a few rows and `vectors` times 8 columns, with the sums kept in registers. */
INLINE void tile(int rows, int vectors, long K, const double *A, long row, long col,
                 const double *M, double *C, long N) {
  vector sum[ROWS][WIDEST / LANES];
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) sum[r][v] = *(const vector *)(C + r * N + v * LANES);
  for (long k = 0; k < K; k++)
    for (int r = 0; r < rows; r++)
      for (int v = 0; v < vectors; v++)
        sum[r][v] += A[r * row + k * col] * *(const vector *)(M + k * N + v * LANES);
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) *(vector *)(C + r * N + v * LANES) = sum[r][v];
}

/* C += A M, where C has R rows and N columns; entry [r, k] of A stands at A[r * row + k * col]. */
FOR_EACH_PROCESSOR
static void multiply_any(long R, long N, long K, const double *restrict A, long row, long col,
                         const double *restrict M, double *restrict C) {
  long done = 0;
  if (R == 1)
    for (; done + WIDEST <= N; done += WIDEST)
      tile(1, WIDEST / LANES, K, A, row, col, M + done, C + done, N);
  for (; done + WIDE <= N; done += WIDE)
    for (long r = 0; r < R; r += ROWS) {
      const double *a = A + r * row;
      double *c = C + r * N + done;
      switch (R - r) {
        case 1: tile(1, 2, K, a, row, col, M + done, c, N); break;
        case 2: tile(2, 2, K, a, row, col, M + done, c, N); break;
        case 3: tile(3, 2, K, a, row, col, M + done, c, N); break;
        default: tile(ROWS, 2, K, a, row, col, M + done, c, N);
      }
    }
  if (done < N)
    for (long r = 0; r < R; r++)
      for (long k = 0; k < K; k++) {
        double a = A[r * row + k * col];
        for (long i = done; i < N; i++) C[r * N + i] += a * M[k * N + i];
      }
}

/* The same; four columns fit into one register, and need neither tiles nor a call. */
INLINE void multiply(long R, long N, long K, const double *restrict A, long row, long col,
                     const double *restrict M, double *restrict C) {
  if (N != 4) { multiply_any(R, N, K, A, row, col, M, C); return; }
  for (long r = 0; r < R; r++)
    for (long k = 0; k < K; k++)
      for (long i = 0; i < 4; i++) C[r * 4 + i] += A[r * row + k * col] * M[k * 4 + i];
}

/* In squares that fit into the nearest memory, read and written there. */
INLINE void transpose(long R, long N, const double *restrict A, double *restrict A_T) {
  for (long r = 0; r < R; r += WIDE)
    for (long c = 0; c < N; c += WIDE)
      for (long i = r; i < R && i < r + WIDE; i++)
        for (long j = c; j < N && j < c + WIDE; j++) A_T[j * R + i] = A[i * N + j];
}

INLINE int all_finite(long size, const double *x) {
  int bad = 0;
  for (long i = 0; i < size; i++) bad |= !(fabs(x[i]) <= DBL_MAX);
  return !bad;
}

INLINE int run(int cell, int activation, long n, long m, long T, long B, const double *W,
               const double *U, const double *b, const double *x0, const double *u,
               const double *g, double *restrict gradient, double *restrict work) {
  long N = B * n, steps = BLOCK / N < 1 ? 1 : BLOCK / N > T ? T : BLOCK / N;
  double *W_T = work, *U_T = W_T + n * n, *dU_T = U_T + m * n, *back = dU_T + m * n;
  double *mu = back + N, *a = mu + steps * N, *s = a + T * N; /* a_1 … a_T and s_0 … s_T */
  double *dW = gradient, *dU = dW + n * n, *db = dU + n * m;

  transpose(n, n, W, W_T);
  transpose(n, m, U, U_T);
  if (cell == ELMAN) memcpy(s, x0, N * sizeof(double));
  else values(activation, N, x0, s);

  for (long t = 1; t <= T; t++) {
    double *restrict now = a + (t - 1) * N, *restrict after = s + t * N;
    for (long q = 0; q < B; q++) memcpy(now + q * n, b, n * sizeof(double));
    multiply(B, n, m, u + (t - 1) * B * m, m, 1, U_T, now);
    multiply(B, n, n, s + (t - 1) * N, n, 1, W_T, now);
    values(activation, N, now, after);
  }

  memset(gradient, 0, n * (n + m + 1) * sizeof(double));
  memset(dU_T, 0, n * m * sizeof(double));
  memset(back, 0, N * sizeof(double)); /* μ_{t+1} W: nothing comes back from after T */
  for (long last = T; last > 0; last -= steps) {
    long first = last > steps ? last - steps : 0, K = (last - first) * B;
    for (long t = last; t > first; t--) {
      const double *restrict now = a + (t - 1) * N, *restrict own = g + (t - 1) * N;
      double *restrict row = mu + (t - 1 - first) * N;
      slopes(activation, N, now, row);
      if (cell == ELMAN) for (long i = 0; i < N; i++) row[i] *= back[i] + own[i];
      else for (long i = 0; i < N; i++) row[i] = back[i] * row[i] + own[i];
      memset(back, 0, N * sizeof(double));
      multiply(B, n, n, row, n, 1, W, back);
    }
    multiply(n, n, K, mu, 1, n, s + first * N, dW);
    multiply(m, n, K, u + first * B * m, 1, m, mu, dU_T);
    for (long k = 0; k < K; k++)
      for (long i = 0; i < n; i++) db[i] += mu[k * n + i];
  }
  transpose(m, n, dU_T, dU);
  return all_finite(N, x0) && all_finite(T * N, a) && all_finite(n * (n + m + 1), gradient);
}

/* How many numbers `work` has to hold. */
long work_size(long n, long m, long T, long B) {
  long N = B * n;
  return n * n + 2 * n * m + (BLOCK < N ? 2 * N : BLOCK + N) + (2 * T + 1) * N;
}

/* Writes ∂E/∂W, ∂E/∂U and ∂E/∂b behind each other; 0 if a number is not finite. */
FOR_EACH_PROCESSOR
int bptt(int cell, int activation, long n, long m, long T, long B, const double *W,
         const double *U, const double *b, const double *x0, const double *u, const double *g,
         double *gradient, double *work) {
  /* The smallest networks gain most from a loop of their own. */
  if (n == 4)
    return run(cell, activation, 4, m, T, B, W, U, b, x0, u, g, gradient, work);
  return run(cell, activation, n, m, T, B, W, U, b, x0, u, g, gradient, work);
}
