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
  /** How many tokens were given out. */
  readonly tokens: () => number
  close(): Promise<void>
}

export interface DockerLogin {
  readonly username: string
  readonly password: string
}

export async function startDockerRegistry(
  auth: 'none' | 'basic' | 'token' = 'none',
  login: DockerLogin = { username: 'alice', password: 'secret' },
): Promise<DockerRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-registry-'))
  const issuer = auth === 'token' ? await startTokenServer(login) : undefined
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
    tokens: () => issuer?.count() ?? 0,
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

/** Distribution's token protocol: scopes in, a signed list of what is granted out. */
async function startTokenServer({ username, password }: DockerLogin) {
  const key = createPrivateKey(selfSigned.key)
  const chain = [new X509Certificate(selfSigned.cert).raw.toString('base64')]
  let count = 0
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '/', 'http://localhost').searchParams
    if (request.headers.authorization !== `Basic ${btoa(`${username}:${password}`)}`) {
      response.writeHead(401).end()
      return
    }
    count += 1
    const access = asked.getAll('scope').map((scope) => {
      const [type, name, actions = ''] = scope.split(':')
      return { type, name, actions: actions.split(',') }
    })
    void new SignJWT({ access })
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', x5c: chain })
      .setIssuer('test-issuer')
      .setSubject(username)
      .setAudience('test-registry')
      .setIssuedAt()
      .setNotBefore('-10s')
      .setExpirationTime('5m')
      .sign(key)
      .then((token) => response.end(JSON.stringify({ token, expires_in: 300 })))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    count: () => count,
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
