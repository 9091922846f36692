/** Numbers in text as Go's strconv and fmt read and write them. */

const infinite = /^([+-]?)inf(inity)?$/i

/**
 * A float as Go's ParseFloat reads it: also `.5`, `5.`, `+1`, `1_000`, `inf`, `nan` and hexadecimal with a binary
 * exponent. Undefined when the text is none, or when its magnitude is out of range.
 */
export function parseGoFloat(text: string): number | undefined {
  // Longer texts are numbers too, but their patterns are not worth the time of matching them.
  if (text === '' || text.length > 10_000) return undefined
  const infinity = infinite.exec(text)
  if (infinity !== null) return infinity[1] === '-' ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return NaN
  if (/^[+-]?0[xX]/.test(text)) return parseHexFloat(text)
  if (!/^[+-]?\.?\d/.test(text) || !isDecimal(text)) return undefined
  const value = Number(text.replaceAll('_', ''))
  return Number.isFinite(value) ? value : undefined
}

/** Checks the pieces one by one, so that no pattern has to guess where digits end. */
function isDecimal(text: string): boolean {
  const match = /^[+-]?([\d_]*)(?:\.([\d_]*))?(?:[eE][+-]?([\d_]+))?$/.exec(text)
  if (match === null) return false
  const [, whole = '', fraction = '', exponent] = match
  if (whole === '' && fraction === '') return false
  return (
    [whole, fraction].every((part) => part === '' || isDigits(part)) &&
    (exponent === undefined || isDigits(exponent))
  )
}

function isDigits(part: string): boolean {
  return !part.startsWith('_') && !part.endsWith('_') && !part.includes('__')
}

function parseHexFloat(text: string): number | undefined {
  const match = /^([+-]?)0[xX]([\da-fA-F_]*)(?:\.([\da-fA-F_]*))?[pP]([+-]?)([\d_]+)$/.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', exponentSign, exponent = ''] = match
  // One underscore may follow the prefix.
  const digits = whole.startsWith('_') ? whole.slice(1) : whole
  if (whole === '' && fraction === '') return undefined
  if (![digits, fraction].every((part) => part === '' || isDigits(part)) || !isDigits(exponent))
    return undefined
  if (digits === '' && fraction === '') return undefined
  const clean = (digits + fraction).replaceAll('_', '')
  const mantissa = BigInt(`0x${clean}`)
  const power =
    Number(`${exponentSign}${exponent.replaceAll('_', '')}`) -
    4 * fraction.replaceAll('_', '').length
  const value = scale(mantissa, power)
  if (!Number.isFinite(value)) return undefined
  return sign === '-' ? -value : value
}

/** mantissa * 2^power, rounded once. */
function scale(mantissa: bigint, power: number): number {
  if (mantissa === 0n) return 0
  const bits = mantissa.toString(2).length
  if (bits + power > 1025) return Infinity
  if (bits + power < -1100) return 0
  if (power >= 0) return Number(mantissa << BigInt(power))
  // Far more bits than a float holds are kept, and what is dropped only sets the lowest of them.
  const excess = Math.max(0, bits - 128)
  const dropped = excess > 0 && (mantissa & ((1n << BigInt(excess)) - 1n)) !== 0n
  const kept = (mantissa >> BigInt(excess)) | (dropped ? 1n : 0n)
  const shift = power + excess
  if (shift >= 0) return Number(kept << BigInt(shift))
  return divideByPower(kept, -shift)
}

function divideByPower(value: bigint, shift: number): number {
  // The smallest float is 2^-1074: bits below it are rounded to even by hand, everything else by the conversion.
  if (shift <= 1000) return Number(value) / 2 ** shift
  const below = shift - 1074
  if (below <= 0) return Number(value) / 2 ** 1000 / 2 ** (shift - 1000)
  const unit = 1n << BigInt(below)
  const half = unit >> 1n
  const rest = value & (unit - 1n)
  let whole = value >> BigInt(below)
  if (rest > half || (rest === half && (whole & 1n) === 1n)) whole += 1n
  return Number(whole) * 5e-324
}

/** A bool as Go's ParseBool reads it. */
export function parseGoBool(text: string): boolean | undefined {
  switch (text) {
    case '1':
    case 't':
    case 'T':
    case 'TRUE':
    case 'true':
    case 'True':
      return true
    case '0':
    case 'f':
    case 'F':
    case 'FALSE':
    case 'false':
    case 'False':
      return false
    default:
      return undefined
  }
}

/** A decimal int64 with an optional sign, as Go's Atoi reads it. */
export function parseGoInt(text: string): bigint | undefined {
  if (text.length > 1_000 || !/^[+-]?\d+$/.test(text)) return undefined
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return BigInt.asIntN(64, value) === value ? value : undefined
}

/** From this power of ten on, `%v` uses an exponent. */
const shortestExponent = 6

/** A float as Go's `%v` prints it. */
export function formatGoFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power < -4 || power >= shortestExponent) {
    const digits = String(Math.abs(power)).padStart(2, '0')
    return `${mantissa}e${power < 0 ? '-' : '+'}${digits}`
  }
  return plainDecimal(value, mantissa, power)
}

function plainDecimal(value: number, mantissa: string, power: number): string {
  const negative = value < 0
  const digits = mantissa.replace('-', '').replace('.', '')
  const text =
    power < 0
      ? `0.${'0'.repeat(-power - 1)}${digits}`
      : digits.length <= power + 1
        ? digits + '0'.repeat(power + 1 - digits.length)
        : `${digits.slice(0, power + 1)}.${digits.slice(power + 1)}`
  return negative ? `-${text}` : text
}

/** A float as Go's JSON encoder writes it. Not for NaN and infinities. */
export function formatJsonFloat(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
