/**
 * Debian's OpenSSH server on loopback, with a host key and authorized keys of its own: real ssh, real keys. It lets in
 * the user that runs the tests and nothing but keys.
 */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection, createServer, type AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const program = '/usr/sbin/sshd'

/** Why there can be no such server here; undefined when there can. */
export const noSshServer = existsSync(program) ? undefined : `${program} is not installed`

export interface SshServer {
  readonly port: number
  /** A private key that is let in, and one that is not. */
  readonly userKey: string
  readonly strangerKey: string
  /** Lines of a file of known hosts: the server's own, and one with the key of somebody else. */
  readonly knownHosts: string
  readonly wrongKnownHosts: string
  /** `ssh://user@127.0.0.1:port/path`, by its absolute path. */
  repoURL(path: string): string
  close(): Promise<void>
}

export async function startSshServer(): Promise<SshServer> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-sshd-'))
  const makeKey = (name: string): string => {
    const file = join(folder, name)
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file])
    return file
  }
  const [host, user, stranger] = ['host', 'user', 'stranger'].map(makeKey)
  const read = (file = '', end = ''): string => readFileSync(`${file}${end}`, 'utf8')
  const port = await freePort()
  writeFileSync(join(folder, 'authorized'), read(user, '.pub'), { mode: 0o600 })
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${host ?? ''}`,
    `AuthorizedKeysFile ${join(folder, 'authorized')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    // Repositories of tests may belong to another user than the one that the shell runs as.
    'SetEnv GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=*',
  ]
  writeFileSync(join(folder, 'config'), `${config.join('\n')}\n`)
  // Where the unprivileged part of sshd is shut in.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true })
  const child = spawn(program, ['-D', '-e', '-f', join(folder, 'config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let told = ''
  child.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString()
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  for (let round = 0; !(await answers(port)); round += 1) {
    if (round > 200 || child.exitCode !== null) throw new Error(`sshd does not start: ${told}`)
    await wait(25)
  }
  const name = `[127.0.0.1]:${port}`
  const knownAs = (file: string | undefined): string =>
    `${name} ${read(file, '.pub').split(' ').slice(0, 2).join(' ')}\n`
  return {
    port,
    userKey: read(user),
    strangerKey: read(stranger),
    knownHosts: knownAs(host),
    wrongKnownHosts: knownAs(stranger),
    repoURL: (path) => `ssh://${userInfo().username}@127.0.0.1:${port}${path}`,
    async close() {
      child.kill()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    socket.once('data', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    setTimeout(() => socket.destroy(), 1000).unref()
  })
}
