import assert from 'node:assert/strict'
import { connect, createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { startRegistry } from '../../../test/servers/registry.ts'
import { selfSigned } from '../../../test/servers/self-signed.ts'
import { createSourceContext } from '../../../test/source-context.ts'

/** What a connection begins with that speaks TLS. */
const handshake = 22

test('a registry whose certificate nobody vouches for is not asked without TLS', async (t) => {
  const registry = await startRegistry({ tls: selfSigned })
  const beginnings: (number | undefined)[] = []
  const wire = createServer((socket) => {
    socket.once('data', (bytes) => {
      beginnings.push(bytes[0])
      const inner = connect(Number(registry.host.split(':')[1]), '127.0.0.1')
      inner.write(bytes)
      for (const each of [socket, inner]) each.on('error', () => socket.destroy())
      socket.pipe(inner).pipe(socket)
    })
  })
  await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve))
  const ctx = createSourceContext()
  t.after(async () => {
    await ctx.close()
    await registry.close()
    wire.close()
  })
  // A TCP server that listens has an AddressInfo.
  const { port } = wire.address() as AddressInfo
  const repository = await ctx.registries.open({
    project: 'demo',
    repoURL: `127.0.0.1:${port}/team/app`,
    insecureSkipTLSVerify: false,
    signal: ctx.signal,
  })
  await assert.rejects(repository.tags(), { code: 'Unreachable' })
  assert.notEqual(beginnings.length, 0)
  assert.ok(beginnings.every((byte) => byte === handshake))
})
