/**
 * Powers digit for digit as Go computes them: by repeated squaring of the mantissa, which rounds differently from the
 * engine's own `**`.
 */
export function goPower(base: number, exponent: number): number {
  const special = specialPower(base, exponent)
  if (special !== undefined) return special
  const size = Math.abs(exponent)
  let whole = Math.trunc(size)
  let fraction = size - whole
  if (fraction !== 0 && base < 0) return NaN
  if (whole >= 2 ** 63) {
    if (base === -1) return 1
    return Math.abs(base) < 1 === exponent > 0 ? 0 : Infinity
  }
  let mantissa = 1
  let power = 0
  if (fraction !== 0) {
    if (fraction > 0.5) {
      fraction--
      whole++
    }
    mantissa = Math.exp(fraction * Math.log(base))
  }
  let [square, squarePower] = splitFloat(base)
  for (let rest = BigInt(whole); rest !== 0n; rest >>= 1n) {
    if (squarePower < -4096 || squarePower > 4096) {
      // Far out of range already: the rest changes nothing.
      power += squarePower
      break
    }
    if ((rest & 1n) === 1n) {
      mantissa *= square
      power += squarePower
    }
    square *= square
    squarePower *= 2
    if (square < 0.5) {
      square += square
      squarePower--
    }
  }
  return exponent < 0 ? scale(1 / mantissa, -power) : scale(mantissa, power)
}

function isOdd(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value % 2) === 1
}

function specialPower(base: number, exponent: number): number | undefined {
  if (exponent === 0 || base === 1) return 1
  if (exponent === 1) return base
  if (Number.isNaN(base) || Number.isNaN(exponent)) return NaN
  if (base === 0) {
    const odd = Object.is(base, -0) && isOdd(exponent)
    if (exponent < 0) return odd ? -Infinity : Infinity
    return odd ? base : 0
  }
  if (!Number.isFinite(exponent)) {
    if (base === -1) return 1
    return Math.abs(base) < 1 === exponent > 0 ? 0 : Infinity
  }
  if (base === -Infinity) return goPower(-0, -exponent)
  if (base === Infinity) return exponent < 0 ? 0 : Infinity
  if (exponent === 0.5) return Math.sqrt(base)
  if (exponent === -0.5) return 1 / Math.sqrt(base)
  return undefined
}

const view = new DataView(new ArrayBuffer(8))

/** A mantissa from 0.5 up to 1 and the power of two that makes the float of it. */
function splitFloat(value: number): [number, number] {
  // Subnormal numbers are made normal first.
  const shift = Math.abs(value) < 2 ** -1022 ? 52 : 0
  view.setFloat64(0, value * 2 ** shift)
  const high = view.getUint32(0)
  const power = ((high >>> 20) & 0x7ff) - 1022 - shift
  view.setUint32(0, (high & 0x800fffff) | (1022 << 20))
  return [view.getFloat64(0), power]
}

/** mantissa * 2^power, rounded once also where the result is subnormal. */
function scale(mantissa: number, power: number): number {
  if (mantissa === 0 || !Number.isFinite(mantissa)) return mantissa
  const [half, more] = splitFloat(mantissa)
  const total = power + more
  if (total > 1024) return half < 0 ? -Infinity : Infinity
  if (total < -1080) return half < 0 ? -0 : 0
  return total > 0
    ? half * 2 * 2 ** (total - 1)
    : total > -1021
      ? half * 2 ** total
      : half * 2 ** (total + 60) * 2 ** -60
}
