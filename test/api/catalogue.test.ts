import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations } from '../../src/api/routes/index.ts'

/** Kargo's operations: methods and path, `P` for `/v1beta1/projects/{}` and `V` for `/v1beta1`. */
const crud = (path: string): string[] => [`GET,POST ${path}`, `GET,PUT,PATCH,DELETE ${path}/{}`]
const kargo = [
  'POST V/login',
  'POST,PUT,DELETE V/resources',
  'GET V/system/public-server-config',
  'GET V/system/server-config',
  'GET V/system/server-version',
  'GET V/system/controller-heartbeats',
  'GET,DELETE V/system/cluster-config',
  'POST V/system/cluster-config/refresh',
  ...crud('V/system/configmaps'),
  ...crud('V/system/generic-credentials'),
  'GET V/system/roles',
  'GET V/system/roles/{}',
  'POST V/system/roles/{}/api-tokens',
  'GET V/system/api-tokens',
  'GET,DELETE V/system/api-tokens/{}',
  'GET V/shared/cluster-analysis-templates',
  'GET,DELETE V/shared/cluster-analysis-templates/{}',
  'GET V/shared/cluster-promotion-tasks',
  'GET V/shared/cluster-promotion-tasks/{}',
  ...crud('V/shared/repo-credentials'),
  ...crud('V/shared/generic-credentials'),
  ...crud('V/shared/configmaps'),
  'GET V/projects',
  'GET,DELETE P',
  'GET,DELETE P/config',
  'POST P/config/refresh',
  'GET P/events',
  'GET P/stages',
  'GET,DELETE P/stages/{}',
  'GET P/stages/{}/links',
  'POST P/stages/{}/refresh',
  'POST P/stages/{}/promotions',
  'POST P/stages/{}/promotions/downstream',
  'POST P/stages/{}/verification',
  'POST P/stages/{}/verification/abort',
  'GET P/warehouses',
  'GET,DELETE P/warehouses/{}',
  'POST P/warehouses/{}/refresh',
  'GET P/freight',
  'GET,DELETE P/freight/{}',
  'PATCH P/freight/{}/alias',
  'POST P/freight/{}/approve',
  'GET P/freight/{}/links',
  'GET P/promotions',
  'GET P/promotions/{}',
  'POST P/promotions/{}/abort',
  'POST P/promotions/{}/refresh',
  'GET P/promotion-tasks',
  'GET P/promotion-tasks/{}',
  'GET P/analysis-templates',
  'GET,DELETE P/analysis-templates/{}',
  'GET P/analysis-runs/{}',
  'GET P/analysis-runs/{}/logs',
  'GET P/images',
  ...crud('P/configmaps'),
  ...crud('P/repo-credentials'),
  ...crud('P/generic-credentials'),
  'GET,POST P/roles',
  'GET,PUT,DELETE P/roles/{}',
  'POST P/roles/grants',
  'POST P/roles/revocations',
  'POST P/roles/{}/api-tokens',
  'GET P/api-tokens',
  'GET,DELETE P/api-tokens/{}',
].flatMap((line) => {
  const [methods = '', path = ''] = line.split(' ')
  const full = path.replace(/^V/, '/v1beta1').replace(/^P/, '/v1beta1/projects/{}')
  return methods.split(',').map((method) => `${method} ${full}`)
})

/** What Kargo has and Gantry has not, with the reason. */
const missing: Readonly<Record<string, string>> = {
  'GET /v1beta1/projects/{}/stages/{}/links': 'deep links need the Go template language',
  'GET /v1beta1/projects/{}/freight/{}/links': 'deep links need the Go template language',
}

test("Kargo's operations are here, but for the listed ones", () => {
  assert.equal(kargo.length, 119)
  const here = new Set(
    operations.map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, '{}')}`),
  )
  const absent = kargo.filter((operation) => !here.has(operation))
  assert.deepEqual(absent.toSorted(), Object.keys(missing).toSorted())
})
