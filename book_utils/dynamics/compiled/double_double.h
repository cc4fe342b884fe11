/* Numbers with twice the digits: each the unevaluated sum of two doubles. The same in NumPy, and
   the reasons, are in one_unit/double_double.py. fma gives the rounding error of a product exactly,
   whatever the compiler makes of products and sums elsewhere. */

typedef struct { double high, low; } twofold;

INLINE twofold ordered(double a, double b) { /* |a| >= |b| */
  double total = a + b;
  return (twofold){total, b - (total - a)};
}

INLINE twofold sum(double a, double b) {
  double total = a + b, part = total - a;
  return (twofold){total, (a - (total - part)) + (b - part)};
}

INLINE twofold add(twofold a, twofold b) {
  twofold high = sum(a.high, b.high), low = sum(a.low, b.low);
  high = ordered(high.high, high.low + low.high);
  return ordered(high.high, high.low + low.low);
}

INLINE twofold times(twofold a, twofold b) {
  double whole = a.high * b.high, error = fma(a.high, b.high, -whole);
  return ordered(whole, error + (a.high * b.low + a.low * b.high));
}

INLINE twofold of(double a) { return (twofold){a, 0}; }
INLINE twofold negative(twofold a) { return (twofold){-a.high, -a.low}; }

INLINE twofold over(twofold a, twofold b) {
  double first = a.high / b.high;
  twofold rest = add(a, negative(times(b, of(first))));
  double second = rest.high / b.high;
  double third = add(rest, negative(times(b, of(second)))).high / b.high;
  return add(sum(first, second), of(third));
}

INLINE twofold scaled(twofold a, int twos) {
  return (twofold){ldexp(a.high, twos), ldexp(a.low, twos)};
}

/* e^x for x <= 0. */
INLINE twofold exponential(twofold x) {
  const twofold ln2 = {0.6931471805599453, 2.3190468138462996e-17};
  double twos = rint(x.high / ln2.high);
  if (twos < -1100) return of(0);
  twofold rest = scaled(add(x, negative(times(of(twos), ln2))), -9), less_one = of(0);
  for (int order = 8; order > 0; order--)
    less_one = times(over(rest, of(order)), add(of(1), less_one));
  for (int k = 0; k < 9; k++) less_one = times(less_one, add(of(2), less_one));
  return scaled(add(of(1), less_one), (int)twos);
}

INLINE twofold logistic_twofold(twofold z) {
  twofold small = exponential(z.high > 0 ? negative(z) : z);
  return over(z.high > 0 ? of(1) : small, add(of(1), small));
}
