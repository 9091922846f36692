import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminActor, controllerActor } from '../../src/core/actor.ts'
import { GantryError } from '../../src/core/errors.ts'
import type { Admission, AdmissionRequest } from '../../src/store.ts'
import { createFakeClock, fakeEpoch } from '../fake-clock.ts'
import { asAdmin, type OpenStore, rejectsWith } from './store-under-test.ts'
import {
  namespace,
  NamespaceKind,
  secret,
  SecretKind,
  setting,
  SettingKind,
  testKinds,
  widget,
  type Widget,
  WidgetKind,
} from './test-kinds.ts'

/** Admission: every write goes through it once, inside the write. */
export function admissionContract(open: OpenStore): void {
  const start = (admit: Admission['admit']) =>
    open({ kinds: testKinds, clock: createFakeClock(), admission: { admit } })
  const ref = { namespace: 'demo', name: 'a' }

  test('admission is asked exactly once for each write, and told what it is about', async () => {
    const seen: string[] = []
    const { store, close } = await start(
      async ({ operation, subresource, actor, dryRun, kind, object, old }) => {
        seen.push(
          [operation, subresource, kind.kind, actor.id, dryRun, old !== undefined].join(' '),
        )
        return { object }
      },
    )
    await store.create(WidgetKind, widget('a'), asAdmin)
    await store.update(WidgetKind, widget('a'), { actor: controllerActor('x') })
    await store.patch(WidgetKind, ref, {}, { ...asAdmin, dryRun: true })
    await store.patchStatus(WidgetKind, ref, { status: {} }, asAdmin)
    await store.updateStatus(WidgetKind, widget('a'), asAdmin)
    await store.delete(WidgetKind, ref, asAdmin)
    assert.deepEqual(seen, [
      'CREATE  Widget admin false false',
      'UPDATE  Widget controller:x false true',
      'UPDATE  Widget admin true true',
      'UPDATE status Widget admin false true',
      'UPDATE status Widget admin false true',
      'DELETE  Widget admin false true',
    ])
    await close()
  })

  test('what admission makes of an object is what is stored, but for what the server decides', async () => {
    const { store, close } = await start(async ({ object }) => {
      object.metadata.labels = { ...object.metadata.labels, admitted: 'yes' }
      object.metadata.name = 'renamed'
      object.metadata.uid = 'forged'
      return { object: { ...object, spec: { colour: 'red' }, status: { forged: true } } as Widget }
    })
    const created = await store.create(WidgetKind, widget('a'), asAdmin)
    const { name, labels, uid } = created.metadata
    assert.deepEqual([name, labels], ['renamed', { admitted: 'yes' }])
    assert.notEqual(uid, 'forged')
    assert.deepEqual([created.spec, created.status], [{ colour: 'red' }, undefined])
    const updated = await store.update(WidgetKind, { ...created, spec: {} }, asAdmin)
    assert.deepEqual([updated.metadata.uid, updated.status], [uid, undefined])
    await close()
  })

  test('a status write can change nothing but status, also in admission', async () => {
    const { store, close } = await start(async ({ object, subresource }) => {
      if (subresource === 'status')
        return { object: { ...object, spec: { sneaked: 'in' }, status: { kept: true } } as Widget }
      return { object }
    })
    await store.create(WidgetKind, widget('a', { spec: { x: 1 } }), asAdmin)
    const judged = await store.patchStatus(WidgetKind, ref, { status: { x: 1 } }, asAdmin)
    assert.deepEqual([judged.spec, judged.status], [{ x: 1 }, { kept: true }])
    await close()
  })

  test('what admission refuses is not written, and the next write goes on', async () => {
    const { store, close } = await start(async ({ object, operation }) => {
      if (object.metadata.name === 'bad' || operation === 'DELETE')
        throw new GantryError('Invalid', 'no')
      if (object.metadata.name === 'broken') throw new Error('a bug')
      return { object }
    })
    await rejectsWith('Invalid', store.create(WidgetKind, widget('bad'), asAdmin))
    await assert.rejects(store.create(WidgetKind, widget('broken'), asAdmin), /a bug/)
    await store.create(WidgetKind, widget('a'), asAdmin)
    await rejectsWith('Invalid', store.delete(WidgetKind, ref, asAdmin))
    assert.equal((await store.list(WidgetKind)).items.length, 1)
    await close()
  })

  test('admission sees every write before its own, so two at once cannot both be the first', async () => {
    const { store, close } = await start(async ({ object, kind, operation }, reader) => {
      const { items } = await reader.list(kind, { index: { name: 'colour', key: 'red' } })
      const { continue: more } = await reader.list(kind, { limit: 1 })
      if (operation === 'CREATE' && items.length > 0)
        throw new GantryError('Forbidden', `there is a red one already${more ?? ''}`)
      return { object }
    })
    const attempts = ['c', 'b', 'a', 'd', 'e'].map((name) =>
      store.create(WidgetKind, widget(name, { spec: { colour: 'red' } }), asAdmin),
    )
    const results = await Promise.allSettled(attempts)
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'rejected', 'rejected'],
    )
    const patched = store.patch(
      WidgetKind,
      { ...ref, name: 'c' },
      { spec: { colour: 'blue' } },
      asAdmin,
    )
    const next = store.create(WidgetKind, widget('b', { spec: { colour: 'red' } }), asAdmin)
    await Promise.all([patched, next])
    const deleted = store.delete(WidgetKind, { ...ref, name: 'b' }, asAdmin)
    await Promise.all([
      deleted,
      store.create(WidgetKind, widget('a', { spec: { colour: 'red' } }), asAdmin),
    ])
    await close()
  })

  test('objects that admission asks for come in the same transaction, unless they are there', async () => {
    const { store, close } = await start(async ({ object, kind }) => ({
      object,
      also:
        kind.kind === 'Setting'
          ? [
              { kind: NamespaceKind, object: namespace(object.metadata.name) },
              { kind: SecretKind, object: secret('first', { a: 'b' }) },
              { kind: SecretKind, object: secret('first', { a: 'c' }) },
            ]
          : [],
    }))
    await store.create(SettingKind, setting('demo'), asAdmin)
    const made = await store.get(NamespaceKind, { name: 'demo' })
    assert.match(made?.metadata.uid ?? '', /^[0-9a-f-]{36}$/)
    const first = await store.get(SecretKind, { ...ref, name: 'first' })
    assert.deepEqual(first?.data, { a: 'b' })
    await store.create(SettingKind, setting('other'), asAdmin)
    assert.deepEqual(await store.get(NamespaceKind, { name: 'demo' }), made)
    assert.deepEqual(await store.get(SecretKind, { ...ref, name: 'first' }), first)
    await close()
  })

  test('facts of admission are journaled with the write, and only with it', async () => {
    const { store, journal, close } = await start(async (request) => ({
      object: request.object,
      records: [
        { kind: 'audit', subject: subjectOf(request), payload: { did: request.operation } },
      ],
    }))
    const all = async () => (await journal.range({})).records
    await store.create(WidgetKind, widget('a'), asAdmin)
    await rejectsWith('AlreadyExists', store.create(WidgetKind, widget('a'), asAdmin))
    await store.create(WidgetKind, widget('b'), { ...asAdmin, dryRun: true })
    await store.update(WidgetKind, widget('a'), asAdmin)
    await store.delete(WidgetKind, ref, asAdmin)
    const records = await all()
    assert.deepEqual(
      records.map(({ time, subject, payload }) => [time, subject, payload['did']]),
      [
        [fakeEpoch, 'Widget/demo/a', 'CREATE'],
        [fakeEpoch, 'Widget/demo/a', 'DELETE'],
      ],
    )
    await close()
  })

  test('a fact that cannot be journaled refuses its write and harms no other', async () => {
    const { store, close } = await start(async ({ object }) => ({
      object,
      records: object.metadata.name === 'bad' ? [{ kind: 'audit', subject: '', payload: {} }] : [],
    }))
    await rejectsWith('BadRequest', store.create(WidgetKind, widget('bad'), asAdmin))
    await store.create(WidgetKind, widget('a'), asAdmin)
    assert.equal((await store.list(WidgetKind)).items.length, 1)
    await close()
  })

  test('warnings reach the writer', async () => {
    const { store, close } = await start(async ({ object }) => ({ object, warnings: ['careful'] }))
    const warnings: string[] = []
    const warn = (warning: string): void => void warnings.push(warning)
    await store.create(WidgetKind, widget('a'), { actor: adminActor, warn })
    assert.deepEqual(warnings, ['careful'])
    await close()
  })
}

function subjectOf({ kind, object }: AdmissionRequest): string {
  return `${kind.kind}/${object.metadata.namespace}/${object.metadata.name}`
}
