import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { GantryError } from '../core/errors.ts'
import { hasErrno } from './errno.ts'
import { makeFolder } from './make-folder.ts'
import { createSealer, keyBytes, type Sealer } from './seal.ts'

const keyVariable = 'GANTRY_ENCRYPTION_KEY'

export interface KeyOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Default: `gantry/encryption.key` in the user's config folder. */
  readonly file?: string | undefined
}

/**
 * The sealer of this installation: its key is in GANTRY_ENCRYPTION_KEY (32 bytes in base64, or 64 hex digits), else in
 * a file outside the data folder that is made on the first start.
 * @throws GantryError Invalid (no key in there), Unavailable (the file cannot be read or made)
 */
export function openSealer({ env, file = defaultKeyFile(env) }: KeyOptions): Sealer {
  const given = env[keyVariable]
  if (given !== undefined && given !== '') return fromText(given, keyVariable)
  return fromText(readKeyFile(file) ?? makeKeyFile(file), file)
}

/** The user's own folder for Gantry: `$XDG_CONFIG_HOME/gantry`, or `~/.config/gantry`. */
export function configFolder(env: KeyOptions['env']): string {
  const base = env['XDG_CONFIG_HOME']
  return join(
    base === undefined || base === '' ? join(env['HOME'] ?? homedir(), '.config') : base,
    'gantry',
  )
}

function defaultKeyFile(env: KeyOptions['env']): string {
  return join(configFolder(env), 'encryption.key')
}

function fromText(text: string, origin: string): Sealer {
  const trimmed = text.trim()
  const isHex = /^[0-9a-f]{64}$/i.test(trimmed)
  if (!isHex && !/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed))
    throw new GantryError(
      'Invalid',
      `${origin} holds no encryption key: it must be ${keyBytes} bytes in base64, or 64 hex digits`,
    )
  return createSealer(Buffer.from(trimmed, isHex ? 'hex' : 'base64'), origin)
}

function readKeyFile(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8')
    chmodSync(file, 0o600)
    return text
  } catch (thrown) {
    if (hasErrno(thrown, 'ENOENT')) return undefined
    throw unusable(file, thrown)
  }
}

/** Written whole and on the disk before it gets its name: two first starts at once agree on one key. */
function makeKeyFile(file: string): string {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    makeFolder(dirname(file))
    const handle = openSync(draft, 'wx', 0o600)
    writeSync(handle, `${randomBytes(keyBytes).toString('base64')}\n`)
    fsyncSync(handle)
    closeSync(handle)
    try {
      linkSync(draft, file)
    } catch (thrown) {
      if (!hasErrno(thrown, 'EEXIST')) throw thrown
    }
    syncFolder(dirname(file))
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    throw unusable(file, thrown)
  } finally {
    rmSync(draft, { force: true })
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

function unusable(file: string, thrown: unknown): GantryError {
  const why = thrown instanceof Error ? thrown.message : String(thrown)
  return new GantryError(
    'Unavailable',
    `the encryption key file ${file} cannot be used (${why}): fix it, or set ${keyVariable}`,
    { cause: thrown },
  )
}
