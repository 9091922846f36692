/** Debian's docker-registry on loopback: without auth, with an htpasswd file, or with tokens from a server of ours. */
import { execFileSync, spawn } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SignJWT } from 'jose'
import { selfSigned } from './self-signed.ts'

const binary = '/usr/bin/docker-registry'

/** Why suites over it are skipped on this machine; false: they are not. */
export const noDockerRegistry: string | false =
  existsSync(binary) && existsSync('/usr/bin/htpasswd')
    ? false
    : 'needs docker-registry and apache2-utils: npm test -- --with-system-packages'

export interface DockerRegistry {
  readonly url: string
  readonly host: string
  /** With `token`: every token that was given out, in order. */
  readonly tokens: readonly IssuedToken[]
  /** With `token`: a header that lets whoever prepares a test push to the repository. */
  pushHeader(repository: string): Promise<string>
  close(): Promise<void>
}

export interface IssuedToken {
  readonly token: string
  /** As it was asked for: `repository:team/app:pull`. */
  readonly scopes: readonly string[]
}

export interface DockerLogin {
  readonly username: string
  readonly password: string
}

export async function startDockerRegistry(
  auth: 'none' | 'basic' | 'token' = 'none',
  login: DockerLogin = { username: 'alice', password: 'secret' },
  lives: TokenLives = {},
): Promise<DockerRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-registry-'))
  const issuer = auth === 'token' ? await startTokenServer(login, lives) : undefined
  const port = await freePort()
  const config = {
    version: '0.1',
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: { addr: `127.0.0.1:${port}` },
    ...(auth === 'basic' && {
      auth: { htpasswd: { realm: 'test', path: htpasswd(folder, login) } },
    }),
    ...(issuer !== undefined && {
      auth: {
        token: {
          realm: issuer.url,
          service: 'test-registry',
          issuer: 'test-issuer',
          rootcertbundle: certificate(folder),
        },
      },
    }),
  }
  const file = join(folder, 'config.yml')
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config))
  const child = spawn(binary, ['serve', file], { stdio: 'ignore' })
  const host = `127.0.0.1:${port}`
  for (let tries = 0; tries < 200; tries += 1) {
    if (
      await fetch(`http://${host}/v2/`).then(
        () => true,
        () => false,
      )
    )
      break
    await wait(25)
  }
  return {
    url: `http://${host}`,
    host,
    tokens: issuer?.issued ?? [],
    async pushHeader(repository) {
      if (issuer === undefined) throw new Error('this registry knows no tokens')
      return `Bearer ${await issuer.sign([`repository:${repository}:pull,push`], 300)}`
    },
    async close() {
      child.kill()
      await new Promise((resolve) => child.once('close', resolve))
      await issuer?.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The password goes in by stdin. */
function htpasswd(folder: string, { username, password }: DockerLogin): string {
  const path = join(folder, 'htpasswd')
  writeFileSync(path, execFileSync('/usr/bin/htpasswd', ['-niB', username], { input: password }))
  return path
}

function certificate(folder: string): string {
  const path = join(folder, 'root.pem')
  writeFileSync(path, selfSigned.cert)
  return path
}

/** How long tokens live, in seconds; default 300 both. */
export interface TokenLives {
  /** As the token server says. */
  readonly announced?: number
  /** As the registry sees it, which is patient for 60 seconds more. */
  readonly real?: number
}

/** Distribution's token protocol: scopes in, a signed list of what is granted out. */
async function startTokenServer(
  { username, password }: DockerLogin,
  { announced = 300, real = 300 }: TokenLives,
) {
  const key = createPrivateKey(selfSigned.key)
  const chain = [new X509Certificate(selfSigned.cert).raw.toString('base64')]
  const issued: IssuedToken[] = []
  const sign = (scopes: readonly string[], seconds: number): Promise<string> => {
    const access = scopes.map((scope) => {
      const [type, name, actions = ''] = scope.split(':')
      return { type, name, actions: actions.split(',') }
    })
    const now = Math.floor(Date.now() / 1000)
    return new SignJWT({ access })
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', x5c: chain })
      .setIssuer('test-issuer')
      .setSubject(username)
      .setAudience('test-registry')
      .setIssuedAt()
      .setNotBefore(now - 600)
      .setExpirationTime(now + seconds)
      .sign(key)
  }
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '/', 'http://localhost').searchParams
    if (request.headers.authorization !== `Basic ${btoa(`${username}:${password}`)}`) {
      response.writeHead(401).end()
      return
    }
    const scopes = asked.getAll('scope')
    void sign(scopes, real).then((token) => {
      issued.push({ token, scopes })
      response.end(JSON.stringify({ token, expires_in: announced }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    issued,
    sign,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
