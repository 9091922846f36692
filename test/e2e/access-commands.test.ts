/** Roles, tokens, credentials and ConfigMaps by command, against a real `gantry up`: what is there afterwards. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { KubeObject } from '../../src/core/kinds/kind.ts'
import type { PolicyRule } from '../../src/core/kinds/role.ts'
import { type GantryProcess, runInProcess, startGantryProcess } from './gantry-process.ts'

const exits = { ok: 0, badInput: 2, refused: 3, notFound: 4, exists: 5 } as const

interface ShownRole extends KubeObject {
  readonly kargoManaged: boolean
  readonly claims: readonly { readonly name: string; readonly values: readonly string[] }[]
  readonly rules: readonly PolicyRule[]
}

interface ShownSecret extends KubeObject {
  readonly stringData: Readonly<Record<string, string>>
}

interface ShownMap extends KubeObject {
  readonly data: Readonly<Record<string, string>>
}

interface List<T> {
  readonly items: readonly T[]
}

let folder: string
let gantry: GantryProcess

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-access-'))
  gantry = await startGantryProcess({ folder })
  await gantry.run(['create', 'project', 'demo'])
})

after(async () => {
  await gantry?.stop()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

const words = (line: string): string[] => line.trim().split(/\s{2,}/)
const columnsOf = (table: string): string[] => words(table.split('\n')[0] ?? '')
const rowOf = (table: string, name: string): string[] =>
  words(table.split('\n').find((line) => line.startsWith(`${name} `)) ?? '')

/** As somebody who holds this token. */
const as = (token: string, ...args: string[]): ReturnType<typeof runInProcess> =>
  runInProcess({ ...gantry.env, GANTRY_SERVER: gantry.url, GANTRY_TOKEN: token }, args)

test('a project is created by name, once', async () => {
  assert.equal(
    await gantry.run(['create', 'project', 'other']),
    'project.kargo.akuity.io/other created',
  )
  assert.equal((await gantry.command(['create', 'project', 'other'])).code, exits.exists)
  assert.equal((await gantry.command(['create', 'project', 'Not A Name'])).code, exits.badInput)
  const shown = JSON.parse(await gantry.run(['create', 'project', 'shown', '-o', 'json']))
  assert.equal(shown.metadata.name, 'shown')
  assert.equal(
    await gantry.run(['delete', 'project', 'other']),
    'project.kargo.akuity.io/other deleted',
  )
})

test('create -f makes what is new and refuses what is there', async () => {
  const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made}\ndata: {a: b}\n'
  assert.equal(await gantry.run(['create', '-f', '-'], map), 'configmap/made created')
  assert.equal((await gantry.command(['create', '-f', '-'], map)).code, exits.exists)
  assert.equal((await gantry.command(['create'])).code, exits.badInput)
})

test('a role is created with claims, granted, revoked, shown and deleted', async () => {
  const created = await gantry.run([
    'create',
    'role',
    'deployer',
    '--description=who deploys',
    '--claim=email=a@example.com',
    '--claim=groups=ops,dev',
  ])
  assert.equal(created, 'role.rbac.kargo.akuity.io/deployer created')
  const role = (): Promise<ShownRole> => gantry.get(['role', 'deployer'])
  assert.deepEqual((await role()).claims, [
    { name: 'email', values: ['a@example.com'] },
    { name: 'groups', values: ['dev', 'ops'] },
  ])
  assert.equal((await role()).metadata.annotations?.['kargo.akuity.io/description'], 'who deploys')

  const change = (verb: string, ...args: string[]): Promise<string> =>
    gantry.run([verb, '--role', 'deployer', ...args])
  assert.equal(
    await change('grant', '--verb', 'get,list', '--verb', 'promote', '--resource-type', 'stages'),
    'role.rbac.kargo.akuity.io/deployer updated',
  )
  await change('grant', '--verb', 'get', '--resource-type', 'secrets', '--resource-name', 'one')
  await change('grant', '--claim', 'email=b@example.com')
  const granted = await role()
  assert.deepEqual(granted.rules, [
    { apiGroups: [''], resources: ['secrets'], resourceNames: ['one'], verbs: ['get'] },
    { apiGroups: ['kargo.akuity.io'], resources: ['stages'], verbs: ['get', 'list', 'promote'] },
  ])
  assert.deepEqual(granted.claims[0]?.values, ['a@example.com', 'b@example.com'])

  await change('revoke', '--verb', 'get', '--resource-type', 'secrets', '--resource-name', 'one')
  await change('revoke', '--claim', 'email=a@example.com', '--claim', 'email=b@example.com')
  const left = await role()
  assert.equal(left.rules.length, 1)
  assert.deepEqual(
    left.claims.map(({ name }) => name),
    ['groups'],
  )

  const table = await gantry.run(['get', 'roles'])
  assert.deepEqual(columnsOf(table), ['NAME', 'KARGO MANAGED', 'AGE'])
  assert.equal(rowOf(table, 'deployer')[1], 'true')
  assert.equal(
    await gantry.run(['delete', 'role', 'deployer']),
    'role.rbac.kargo.akuity.io/deployer deleted',
  )
  assert.equal((await gantry.command(['get', 'role', 'deployer'])).code, exits.notFound)
  assert.equal((await gantry.command(['get', 'serviceaccount', 'deployer'])).code, exits.notFound)
})

test('get roles -k shows the objects behind, and the long name of a kind reaches them by themselves', async () => {
  await gantry.run(['create', 'role', 'behind'])
  const { items } = await gantry.get<List<KubeObject>>(['roles', 'behind', '-k'])
  assert.deepEqual(
    items.map(({ kind }) => kind),
    ['ServiceAccount', 'Role', 'RoleBinding'],
  )
  const rbac = await gantry.get<KubeObject>(['roles.rbac.authorization.k8s.io', 'behind'])
  assert.equal(rbac.apiVersion, 'rbac.authorization.k8s.io/v1')
  assert.match(await gantry.run(['get', 'roles', '-k', '--no-headers']), /^behind +RoleBinding /m)
})

test('the roles of the installation are shown with --system', async () => {
  const table = await gantry.run(['get', 'roles', '--system'])
  assert.equal(rowOf(table, 'kargo-project-creator')[0], 'kargo-project-creator')
  const role = await gantry.get<ShownRole>(['role', 'kargo-viewer', '--system'])
  assert.equal(role.metadata.name, 'kargo-viewer')
})

test('a token is printed once, has the rights of its role, and is worth nothing when deleted', async () => {
  await gantry.run(['create', 'role', 'reader'])
  await gantry.run(['grant', '--role', 'reader', '--verb', 'list', '--resource-type', 'stages'])
  const made = await gantry.command(['create', 'token', 'ci', '--role', 'reader'])
  assert.equal(made.code, exits.ok)
  assert.match(made.out, /^ey\S+$/, 'only the token is on standard output')
  assert.equal((await as(made.out, 'get', 'stages')).code, exits.ok)
  assert.notEqual((await as(made.out, 'get', 'secrets')).code, exits.ok)

  const table = await gantry.run(['get', 'tokens'])
  assert.deepEqual(columnsOf(table), ['NAME', 'ROLE', 'KARGO MANAGED', 'AGE'])
  assert.deepEqual(rowOf(table, 'ci').slice(0, 3), ['ci', 'reader', 'true'])
  assert.doesNotMatch(await gantry.run(['get', 'token', 'ci', '-o', 'yaml']), /ey[A-Za-z0-9]{20}/)
  assert.equal((await gantry.get<List<KubeObject>>(['tokens', '--role', 'reader'])).items.length, 1)
  assert.equal((await gantry.get<List<KubeObject>>(['tokens', '--role', 'none'])).items.length, 0)

  assert.equal(await gantry.run(['delete', 'token', 'ci']), 'secret/ci deleted')
  assert.equal((await as(made.out, 'get', 'stages')).code, exits.refused)
})

test('a token can be given an end, and -o shows it as a Secret', async () => {
  await gantry.run(['create', 'role', 'brief'])
  const args = ['create', 'token', 'brief', '--role', 'brief']
  const secret = JSON.parse(await gantry.run([...args, '--expires-in', '90m', '-o', 'json']))
  assert.equal(secret.kind, 'Secret')
  const token = Buffer.from(secret.data.token, 'base64').toString()
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  assert.equal(claims.exp - claims.iat, 90 * 60)
  for (const wrong of ['soon', '10', '0s'])
    assert.equal((await gantry.command([...args, '--expires-in', wrong])).code, exits.badInput)
})

test('a token of a role of the installation is good in every project', async () => {
  const made = await gantry.run(['create', 'token', 'all', '--system', '--role', 'kargo-viewer'])
  assert.equal((await as(made, 'get', 'warehouses', '-p', 'demo')).code, exits.ok)
  assert.equal(rowOf(await gantry.run(['get', 'tokens', '--system']), 'all')[1], 'kargo-viewer')
  assert.equal((await gantry.command(['get', 'token', 'all'])).code, exits.notFound)
  await gantry.run(['delete', 'token', 'all', '--system'])
  assert.equal((await as(made, 'get', 'warehouses', '-p', 'demo')).code, exits.refused)
})

test('repository credentials are created, changed in part and deleted; the password is never shown', async () => {
  const file = join(folder, 'password')
  await writeFile(file, 'from-a-file\n')
  const create = ['create', 'repo-credentials', 'repo', '--git', '--username', 'bot']
  const url = 'https://git.example.com/app.git'
  assert.equal(
    await gantry.run([...create, '--repo-url', url, '--password-file', file]),
    'secret/repo created',
  )
  const shown = (): Promise<ShownSecret> => gantry.get(['repo-creds', 'repo'])
  const { stringData } = await shown()
  assert.deepEqual([stringData['repoURL'], stringData['username']], [url, 'bot'])
  assert.notEqual(stringData['password'], 'from-a-file')
  const table = await gantry.run(['get', 'repo-credentials'])
  assert.deepEqual(columnsOf(table), ['NAME', 'TYPE', 'REGEX', 'REPO', 'AGE'])
  assert.match(table, /^repo +git +https:\/\/git\.example\.com\/app\.git /m)

  const update = ['update', 'repocred', 'repo']
  assert.equal(await gantry.run([...update, '--username', 'robot']), 'secret/repo updated')
  assert.equal((await shown()).stringData['username'], 'robot')
  assert.equal((await shown()).stringData['repoURL'], url)
  await gantry.run([...update, '--repo-url', '^https://git', '--regex', '--description', 'all'])
  const changed = await shown()
  assert.equal(changed.stringData['repoURLIsRegex'], 'true')
  assert.equal(changed.metadata.annotations?.['kargo.akuity.io/description'], 'all')
  await gantry.run([...update, '--interactive-password'], 'typed')
  await gantry.run([...update, '--image'])
  assert.equal((await shown()).metadata.labels?.['kargo.akuity.io/cred-type'], 'image')
  assert.equal((await shown()).stringData['repoURLIsRegex'], 'true')

  assert.equal(await gantry.run(['delete', 'repo-credentials', 'repo']), 'secret/repo deleted')
  assert.equal((await gantry.command(['get', 'secret', 'repo'])).code, exits.notFound)
})

test('shared credentials live apart from those of a project, and the password may come on standard input', async () => {
  const create = ['create', 'repo-credentials', 'hub', '--shared', '--type', 'image']
  const what = ['--repo-url', 'ghcr.io/acme', '--username', 'bot']
  await gantry.run([...create, ...what], 'on-standard-input\n')
  const [shared] = (await gantry.get<List<KubeObject>>(['repo-credentials', '--shared'])).items
  assert.equal(shared?.metadata.name, 'hub')
  assert.equal((await gantry.command(['get', 'repo-credentials', 'hub'])).code, exits.notFound)
  await gantry.run(['delete', 'repo-credentials', 'hub', '--shared'])
  assert.equal(
    (await gantry.get<List<KubeObject>>(['repo-credentials', '--shared'])).items.length,
    0,
  )
})

/** Where the installation keeps what is not of a project. */
async function namespaces(): Promise<Readonly<Record<string, string>>> {
  const headers = { authorization: `Bearer ${gantry.token}` }
  const response = await fetch(`${gantry.url}/v1beta1/system/server-config`, { headers })
  const config: Record<string, string> = JSON.parse(await response.text())
  return {
    '': 'demo',
    '--shared': config['sharedResourcesNamespace'] ?? '',
    '--system': config['systemResourcesNamespace'] ?? '',
  }
}

for (const scope of [[], ['--shared'], ['--system']]) {
  test(`generic credentials and ConfigMaps are made and changed in part ${scope.join() || 'in a project'}`, async () => {
    const file = join(folder, 'key')
    await writeFile(file, 'line one\nline two\n')
    const say = (...args: string[]): Promise<string> => gantry.run([...args, ...scope])
    await say(
      'create',
      'generic-creds',
      'g',
      '--set',
      'a=1=2',
      '--set-file',
      `b=${file}`,
      '--description',
      'first',
    )
    const secret = await gantry.get<ShownSecret>(['genericcred', 'g', ...scope])
    assert.deepEqual(Object.keys(secret.stringData), ['a', 'b'])
    assert.equal(secret.metadata.namespace, (await namespaces())[scope.join()])
    assert.equal(secret.metadata.annotations?.['kargo.akuity.io/description'], 'first')
    await say('update', 'generic-credentials', 'g', '--unset', 'a', '--description', 'keys')
    const table = await say('get', 'generic-credentials')
    assert.deepEqual(columnsOf(table), ['NAME', 'DESCRIPTION', 'AGE'])
    assert.equal(rowOf(table, 'g')[1], 'keys')
    const { stringData } = await gantry.get<ShownSecret>(['generic-credentials', 'g', ...scope])
    assert.deepEqual(Object.keys(stringData), ['b'])
    await say('delete', 'generic-credentials', 'g')

    await say('create', 'cm', 'm', '--set', 'a=1=2', '--set-file', `b=${file}`)
    const map = (): Promise<ShownMap> => gantry.get(['configmap', 'm', ...scope])
    assert.deepEqual((await map()).data, { a: '1=2', b: 'line one\nline two\n' })
    assert.equal((await map()).metadata.namespace, (await namespaces())[scope.join()])
    await say('update', 'configmaps', 'm', '--set', 'c=3', '--unset', 'b', '--description', 'x')
    assert.deepEqual((await map()).data, { a: '1=2', c: '3' })
    const maps = await say('get', 'configmaps')
    assert.deepEqual(columnsOf(maps), ['NAME', 'DESCRIPTION', 'KEYS', 'AGE'])
    assert.deepEqual(rowOf(maps, 'm').slice(0, 3), ['m', 'x', '2'])
    await say('update', 'configmap', 'm', '--description', '')
    assert.equal((await map()).metadata.annotations?.['kargo.akuity.io/description'], undefined)
    assert.equal(await say('delete', 'configmap', 'm'), 'configmap/m deleted')
  })
}

test('an empty list says where nothing was found, and a project that is not there is no empty list', async () => {
  const places = [
    [[], /^no generic-credentials found in project demo$/],
    [['--shared'], /^no generic-credentials found among what all projects share$/],
    [['--system'], /^no generic-credentials found among what is the installation's own$/],
  ] as const
  for (const [scope, sentence] of places) {
    const { code, err } = await gantry.command(['get', 'generic-credentials', ...scope])
    assert.equal(code, exits.ok)
    assert.match(err, sentence)
  }
  for (const word of ['stages', 'freight', 'events', 'secrets', 'roles']) {
    const { code, err } = await gantry.command(['get', word, '-p', 'nowhere'])
    assert.equal(code, exits.notFound, word)
    assert.match(err, /project "nowhere" not found/)
  }
  assert.equal((await gantry.command(['get', 'secrets', '-p', 'kargo-shared-resources'])).code, 0)
})

test('the table of Secrets counts their values, which it does not show', async () => {
  await gantry.run(['create', 'generic-credentials', 'two', '--set', 'a=1', '--set', 'b=2'])
  const table = await gantry.run(['get', 'secrets'])
  assert.deepEqual(rowOf(table, 'two').slice(0, 3), ['two', 'Opaque', '2'])
  await gantry.run(['delete', 'generic-credentials', 'two'])
})

test('of several names those that are there are shown and deleted, and the exit code tells of the others', async () => {
  for (const name of ['one', 'two']) await gantry.run(['create', 'configmap', name, '--set', 'a=b'])
  const shown = await gantry.command(['get', 'configmaps', 'one', 'none', 'two', '-o', 'name'])
  assert.equal(shown.out, 'configmap/one\nconfigmap/two')
  assert.equal(shown.code, exits.notFound)
  assert.match(shown.err, /none/)
  const gone = await gantry.command(['delete', 'configmap', 'one', 'none', 'two'])
  assert.equal(gone.code, exits.notFound)
  assert.equal(gone.out, 'configmap/one deleted\nconfigmap/two deleted')
})

test('what does not belong together is refused before anything is asked of the server', async () => {
  const repo = ['create', 'repo-credentials', 'x', '--repo-url', 'u', '--username', 'n']
  const cases: readonly (readonly string[])[] = [
    ['create', 'role', 'x', '--claim', 'nothing'],
    ['create', 'token', 'x'],
    ['create', 'token', 'x', '--role', 'reader', '--system', '-p', 'demo'],
    ['create', 'configmap', 'x'],
    ['create', 'configmap', 'x', '--set', 'nothing'],
    ['create', 'configmap', 'x', '--set-file', `a=${join('/', 'nowhere')}`],
    ['create', 'configmap', 'x', '--set', 'a=b', '--shared', '--system'],
    [...repo],
    [...repo, '--git', '--helm'],
    [...repo, '--type', 'ftp'],
    [...repo, '--git', '--password', ''],
    [...repo, '--git', '--password', 'a', '--password-file', 'b'],
    ['update', 'repo-credentials', 'x'],
    ['update', 'repo-credentials', 'x', '--regex'],
    ['update', 'generic-credentials', 'x'],
    ['update', 'freight', '--new-alias', 'x'],
    ['update', 'freight', '--name', 'a', '--old-alias', 'b', '--new-alias', 'x'],
    ['grant', '--role', 'x'],
    ['grant', '--role', 'x', '--verb', 'get'],
    ['grant', '--role', 'x', '--claim', 'a=b', '--verb', 'get', '--resource-type', 'stages'],
    ['grant', '--claim', 'a=b'],
    ['get', 'stages', '--role', 'x'],
    ['get', 'roles', '--shared'],
    ['get', 'roles', '--watch'],
    ['get', 'freight', '--name', 'a', '--warehouse', 'b'],
    ['delete', 'roles'],
    ['promote', '--stage', 'a', '--downstream-from', 'b', '--freight', 'c'],
    ['promote', '--downstream-from', 'b', '--warehouse', 'c'],
    ['promote', '--abort'],
    ['promote', '--name', 'a', '--stage', 'b', '--freight', 'c'],
    ['approve', '--stage', 'a', '--freight', 'b', '--freight-alias', 'c'],
  ]
  for (const args of cases) {
    const { code, err } = await gantry.command(args)
    assert.equal(code, exits.badInput, `${args.join(' ')}: ${err}`)
    assert.notEqual(err, '', args.join(' '))
  }
  const singular = ['grant', '--role', 'behind', '--verb', 'get', '--resource-type', 'stage']
  assert.match((await gantry.command(singular)).err, /stages/)
})

test('a group takes the project before or after the command in it', async () => {
  const env = { ...gantry.env, GANTRY_SERVER: gantry.url, GANTRY_PROJECT: '' }
  const made = await runInProcess(env, [
    'create',
    '-p',
    'demo',
    'configmap',
    'early',
    '--set',
    'a=b',
  ])
  assert.equal(made.code, exits.ok, made.err)
  const without = await runInProcess(env, ['create', 'configmap', 'none', '--set', 'a=b'])
  assert.equal(without.code, exits.badInput)
  await gantry.run(['delete', 'configmap', 'early'])
})
