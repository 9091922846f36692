import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, it } from 'node:test'
import { root } from './source-files.ts'

const { stdout } = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
const tracked = stdout.split('\0').filter((path) => path !== '')
const texts = tracked
  .filter((path) => existsSync(join(root, path)))
  .filter((path) => /\.(tsx?|md|ya?ml|json|css|html|sh)$/.test(path))

describe('the repository', () => {
  it('leaves nothing to be done later, and names no folder of a machine', () => {
    const unfinished = new RegExp(
      ['TO', 'DO|FIX', 'ME|X', 'XX'].join('').replaceAll('|', '\\b|\\b'),
    )
    const wrong = texts.filter((path) => {
      if (path === 'package-lock.json') return false
      const text = readFileSync(join(root, path), 'utf8')
      return unfinished.test(text) || new RegExp(`(^|[\\s"'(])/(work|home|Users)/\\w`).test(text)
    })
    assert.deepEqual(wrong, [])
  })

  it('names its modules in kebab case, by what they hold', () => {
    const wrong = tracked
      .filter((path) => /^(src|ui|test|bench|scripts)\/.*\.tsx?$/.test(path))
      .filter((path) => {
        const name = basename(path).replace(/(\.test|\.gen|\.config|\.d)?\.tsx?$/, '')
        return !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || /^(utils?|helpers?|impl)$/.test(name)
      })
    assert.deepEqual(wrong, [])
  })
})
