import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { hasFailure, judged, nextStep, restsUntil } from './next-step.ts'
import type { KindLookup, LoopRecord, LoopStep, Next } from './next-step.ts'
import {
  afterAttempt,
  attemptDeadline,
  defaultPollMs,
  isExpired,
  lastLookMs,
  minPollMs,
  type Outcome,
  retryDelayMs,
} from './step-attempt.ts'

const kinds: KindLookup = (uses) => {
  if (uses === 'unknown') return undefined
  return { timeoutMs: uses === 'slow' ? 300_000 : 0, errorThreshold: uses === 'patient' ? 3 : 1 }
}
const step = (alias: string, more: Partial<LoopStep> = {}): LoopStep => ({
  alias,
  uses: 'do',
  ...more,
})
const done = (status: LoopRecord['status'], message?: string): LoopRecord => ({
  status,
  errorCount: 0,
  startedAt: 0,
  ...(message === undefined ? {} : { message }),
})
const fresh: LoopRecord = { errorCount: 0 }
const started: LoopRecord = { errorCount: 0, startedAt: 1000 }

test('without steps the Promotion has succeeded', () => {
  assert.deepEqual(nextStep([], [], kinds, 0), {
    do: 'finish',
    phase: 'Succeeded',
    message: undefined,
  })
})

test('the first step that is not final runs', () => {
  const next = nextStep([step('a'), step('b')], [done('Succeeded')], kinds, 0)
  assert.deepEqual(next, { do: 'run', index: 1, cutOff: false })
})

test('a failed step, also one inside a task, stops what follows, in and after the task', () => {
  const steps = [step('t::a'), step('t::b'), step('c')]
  const records: LoopRecord[] = [done('Errored', 'boom')]
  for (const index of [1, 2]) {
    const next = nextStep(steps, records, kinds, 0)
    assert.deepEqual(next, { do: 'settle', index, record: { errorCount: 0, status: 'Skipped' } })
    if (next.do === 'settle') records[index] = next.record
  }
  assert.deepEqual(nextStep(steps, records, kinds, 0), {
    do: 'finish',
    phase: 'Errored',
    message: 'boom',
  })
})

test('a failure that is allowed stops nothing and does not count', () => {
  const steps = [step('a', { continueOnError: true }), step('b')]
  assert.equal(nextStep(steps, [done('Failed', 'x')], kinds, 0).do, 'run')
  const end = nextStep(steps, [done('Failed', 'x'), done('Succeeded')], kinds, 0)
  assert.equal(end.do === 'finish' && end.phase, 'Succeeded')
})

test('a condition decides alone, also after a failure', () => {
  const steps = [step('a'), step('b', { if: '${{ always() }}' })]
  const records = [done('Failed', 'x')]
  assert.deepEqual(nextStep(steps, records, kinds, 0), { do: 'judge', index: 1 })
  assert.equal(judged(steps, records, kinds, 1, { value: true }).do, 'run')
  const no = judged(steps, records, kinds, 1, { value: false })
  assert.equal(no.do === 'settle' && no.record.status, 'Skipped')
})

test('a condition that fails or is no boolean makes the step Errored and runs nothing', () => {
  const steps = [step('a', { if: 'true' })]
  for (const condition of [{ error: 'bad' }, { value: 'true' }, { value: 1 }, { value: null }]) {
    const next = judged(steps, [], kinds, 0, condition)
    assert.equal(next.do === 'settle' && next.record.status, 'Errored')
    assert.equal(next.do === 'settle' && next.record.startedAt, undefined)
  }
})

test('a step that has started is not judged again', () => {
  const next = nextStep([step('a', { if: 'x' })], [{ ...started, status: 'Running' }], kinds, 0)
  assert.deepEqual(next, { do: 'run', index: 0, cutOff: false })
})

test('an unknown kind is Errored, after its condition', () => {
  const unknown = nextStep([step('a', { uses: 'unknown' })], [], kinds, 0)
  assert.equal(unknown.do === 'settle' && unknown.record.status, 'Errored')
  const skipped = nextStep([step('x'), step('a', { uses: 'unknown' })], [done('Failed')], kinds, 0)
  assert.equal(skipped.do === 'settle' && skipped.record.status, 'Skipped')
  const other = [step('a', { uses: 'unknown', if: 'x' })]
  assert.equal(nextStep(other, [], kinds, 0).do, 'judge')
})

test('an attempt without outcome is gone on with at once, even before its time to look again', () => {
  const open: LoopRecord = { ...started, status: 'Running', open: true, wakeAt: 9_000_000 }
  assert.deepEqual(nextStep([step('a')], [open], kinds, 0), { do: 'run', index: 0, cutOff: true })
})

test('a terminal failure ends the step whatever its threshold', () => {
  const failed = afterAttempt(
    step('a', { errorThreshold: 9 }),
    started,
    kinds,
    { status: 'Failed', message: 'no', terminal: true },
    2000,
  )
  assert.equal(failed.status, 'Failed')
  assert.equal(failed.finishedAt, 2000)
  const errored = afterAttempt(
    step('a', { errorThreshold: 9 }),
    started,
    kinds,
    { status: 'Errored', message: 'no', terminal: true },
    2000,
  )
  assert.equal(errored.status, 'Errored')
})

test('errors count in sum, not in a row', () => {
  const it = step('a', { errorThreshold: 2 })
  const first = afterAttempt(it, started, kinds, { status: 'Errored', message: 'x' }, 2000)
  assert.equal(first.status, 'Running')
  assert.equal(first.wakeAt, 2000 + retryDelayMs(1))
  const polled = afterAttempt(it, first, kinds, { status: 'Running' }, 4000)
  assert.equal(polled.errorCount, 1)
  const last = afterAttempt(it, polled, kinds, { status: 'Errored', message: 'x' }, 5000)
  assert.equal(last.status, 'Errored')
  assert.equal(last.errorCount, 2)
})

test('a threshold of zero means the one of the kind', () => {
  const it = step('a', { uses: 'patient', errorThreshold: 0 })
  const once = afterAttempt(it, started, kinds, { status: 'Failed', message: 'x' }, 2000)
  assert.equal(once.status, 'Running')
})

test('a failure without an error is looked at again and never counted', () => {
  const next = afterAttempt(step('a'), started, kinds, { status: 'Failed' }, 2000)
  assert.equal(next.status, 'Running')
  assert.equal(next.errorCount, 0)
  assert.equal(next.wakeAt, 2000 + defaultPollMs)
})

test('no step is looked at again sooner than the floor', () => {
  const at = (retryAfterMs: number) =>
    afterAttempt(step('a'), started, kinds, { status: 'Running', retryAfterMs }, 2000).wakeAt
  assert.equal(at(1), 2000 + minPollMs)
  assert.equal(at(60_000), 62_000)
})

test('waiting ends just after the time is up, and then the step is timed out', () => {
  const it = step('a', { timeoutMs: 60_000 })
  const waiting = afterAttempt(it, started, kinds, { status: 'Running' }, 2000)
  assert.equal(waiting.wakeAt, 61_001)
  const late = afterAttempt(it, waiting, kinds, { status: 'Running' }, 61_002)
  assert.equal(late.status, 'Errored')
  const success = afterAttempt(it, waiting, kinds, { status: 'Succeeded' }, 61_002)
  assert.equal(success.status, 'Succeeded')
})

test('an attempt that was cut off by its timeout is Errored, not retried', () => {
  const it = step('a', { timeoutMs: 10, errorThreshold: 9 })
  const cut: Outcome = { status: 'Errored', message: 'aborted', timedOut: true }
  assert.equal(afterAttempt(it, started, kinds, cut, 1010).status, 'Errored')
})

test('the kind gives the timeout unless the step says none', () => {
  assert.equal(attemptDeadline(step('a', { uses: 'slow' }), started, kinds, 1000), 301_000)
  assert.equal(
    attemptDeadline(step('a', { uses: 'slow', timeoutMs: 0 }), started, kinds, 0),
    undefined,
  )
  assert.equal(
    attemptDeadline(step('a', { uses: 'slow', timeoutMs: -5 }), started, kinds, 0),
    undefined,
  )
  const late = attemptDeadline(step('a', { uses: 'slow' }), started, kinds, 301_000)
  assert.equal(late, 301_000 + lastLookMs)
})

test('a rest counts from when it was decided: a clock that was set back since makes it void', () => {
  const rests = afterAttempt(step('a'), started, kinds, { status: 'Running' }, 2000)
  assert.equal(rests.restsSince, 2000)
  const look = (now: number): Next['do'] => nextStep([step('a')], [rests], kinds, now).do
  assert.deepEqual([look(2000), look(1999)], ['wait', 'run'])
  const retries = step('a', { uses: 'patient' })
  const failed = afterAttempt(retries, started, kinds, { status: 'Errored' }, 2000)
  assert.equal(failed.restsSince, 2000)
  const due = restsUntil({ until: 2000 }, 2000)
  assert.deepEqual([due, restsUntil({ until: 2001 }, 2000)], [undefined, 2001])
  assert.equal(attemptDeadline(step('a', { uses: 'slow' }), started, kinds, 400), 300_400)
})

test('a status that no step may give is an error', () => {
  for (const status of ['Aborted', 'Done', ''])
    assert.equal(afterAttempt(step('a'), started, kinds, { status }, 2000).status, 'Errored')
})

test('the worst step that counts gives phase and message', () => {
  const steps = ['a', 'b', 'c', 'd'].map((alias) => step(alias))
  const records = [done('Succeeded'), done('Failed', 'f'), done('Errored', 'e'), done('Skipped')]
  assert.deepEqual(nextStep(steps, records, kinds, 0), {
    do: 'finish',
    phase: 'Errored',
    message: 'e',
  })
  const aborted = nextStep([step('a')], [done('Aborted', 'stop')], kinds, 0)
  assert.equal(aborted.do === 'finish' && aborted.phase, 'Aborted')
})

// The model: the documented rules once more, as one plain imperative walk over a script of outcomes.

interface Scripted {
  readonly condition: 'none' | 'true' | 'false' | 'error' | 'text'
  readonly registered: boolean
  readonly continueOnError: boolean
  readonly threshold: number
  readonly timeoutMs: number
  readonly outcomes: readonly (Outcome & { readonly takesMs: number })[]
}

const scripted: fc.Arbitrary<Scripted> = fc.record({
  condition: fc.constantFrom('none', 'none', 'none', 'true', 'false', 'error', 'text'),
  registered: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  continueOnError: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
  threshold: fc.integer({ min: 0, max: 3 }),
  timeoutMs: fc.constantFrom(0, -1, 15_000, 400_000),
  outcomes: fc.array(
    fc.record({
      status: fc.constantFrom('Succeeded', 'Skipped', 'Running', 'Failed', 'Errored', 'Odd'),
      message: fc.constantFrom(undefined, 'why'),
      terminal: fc.constantFrom(undefined, undefined, true),
      retryAfterMs: fc.constantFrom(undefined, 1, 20_000),
      takesMs: fc.constantFrom(0, 5, 16_000),
    }),
    { maxLength: 6 },
  ),
})

/** After its script a step succeeds. */
const success = { status: 'Succeeded', takesMs: 1 }

function model(script: readonly Scripted[]): { statuses: string[]; phase: string; ran: number[] } {
  let now = 1000
  const statuses: string[] = []
  const ran: number[] = []
  const failedBefore = (): boolean =>
    statuses.some(
      (status, at) =>
        (status === 'Failed' || status === 'Errored') && script[at]?.continueOnError === false,
    )
  for (const [index, it] of script.entries()) {
    if (it.condition === 'none' && failedBefore()) statuses.push('Skipped')
    else if (it.condition === 'false') statuses.push('Skipped')
    else if (it.condition === 'error' || it.condition === 'text' || !it.registered)
      statuses.push('Errored')
    else {
      const startedAt = now
      let errors = 0
      for (let attempt = 0; ; attempt++) {
        ran.push(index)
        const outcome: Scripted['outcomes'][number] = it.outcomes[attempt] ?? success
        now += outcome.takesMs
        const tooLate = it.timeoutMs > 0 && now - startedAt > it.timeoutMs
        let { status } = outcome
        if (status === 'Odd') status = 'Errored'
        if (status === 'Succeeded' || status === 'Skipped') {
          statuses.push(status)
          break
        }
        const bare =
          status === 'Failed' && outcome.message === undefined && outcome.terminal !== true
        if (status !== 'Running' && !bare) {
          errors += 1
          if (outcome.terminal === true || errors >= Math.max(1, it.threshold)) {
            statuses.push(status)
            break
          }
        }
        if (tooLate) {
          statuses.push('Errored')
          break
        }
        const rest =
          status === 'Running' || bare
            ? Math.max(10_000, outcome.retryAfterMs ?? 300_000)
            : 1000 * 2 ** (errors - 1)
        now = it.timeoutMs > 0 ? Math.min(now + rest, startedAt + it.timeoutMs + 1) : now + rest
      }
    }
  }
  const order = ['Succeeded', 'Skipped', 'Failed', 'Errored']
  const counting = statuses.filter((_, at) => script[at]?.continueOnError === false)
  const worst = counting.toSorted((a, b) => order.indexOf(b) - order.indexOf(a))[0] ?? 'Succeeded'
  return { statuses, phase: worst === 'Skipped' ? 'Succeeded' : worst, ran }
}

function walk(script: readonly Scripted[], cutOffs: ReadonlySet<number>): ReturnType<typeof model> {
  const steps = script.map((it, index): LoopStep => ({
    alias: `s${index}`,
    uses: it.registered ? 'do' : 'unknown',
    if: it.condition === 'none' ? '' : it.condition,
    continueOnError: it.continueOnError,
    timeoutMs: it.timeoutMs,
    errorThreshold: it.threshold,
  }))
  const records: LoopRecord[] = []
  const attempts = new Map<number, number>()
  const ran: number[] = []
  let now = 1000
  let turns = 0
  for (;;) {
    assert.ok(++turns < 500, 'the loop ends')
    let next: Next = nextStep(steps, records, kinds, now)
    if (next.do === 'judge') {
      const how = script[next.index]?.condition
      const condition =
        how === 'error' ? { error: 'x' } : { value: how === 'text' ? 'true' : how === 'true' }
      next = judged(steps, records, kinds, next.index, condition)
    }
    if (next.do === 'settle') records[next.index] = next.record
    if (next.do === 'wait') {
      assert.ok(next.until > now, 'waiting is for later')
      now = next.until
    }
    if (next.do === 'run') {
      const { index } = next
      const it = steps[index]
      if (it === undefined) throw new Error('no such step')
      const record = { ...(records[index] ?? fresh) }
      const intent = {
        ...record,
        startedAt: record.startedAt ?? now,
        open: true,
        status: 'Running' as const,
      }
      records[index] = intent
      // A kill between intent and outcome: the attempt is gone on with, and nothing else changes.
      if (!next.cutOff && cutOffs.has(turns)) continue
      const attempt = attempts.get(index) ?? 0
      attempts.set(index, attempt + 1)
      ran.push(index)
      const outcome: Scripted['outcomes'][number] = script[index]?.outcomes[attempt] ?? success
      now += outcome.takesMs
      records[index] = afterAttempt(it, intent, kinds, outcome, now)
    }
    if (next.do === 'finish')
      return { statuses: records.map((record) => record.status ?? ''), phase: next.phase, ran }
  }
}

test('random steps with random outcomes go as the model goes, also when cut off at any point', () => {
  const numRuns = process.env['GANTRY_LONG'] === '1' ? 100_000 : 3000
  fc.assert(
    fc.property(
      fc.array(scripted, { maxLength: 6 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 40 })),
      (script, cutOffs) => {
        assert.deepEqual(walk(script, new Set(cutOffs)), model(script))
      },
    ),
    { numRuns },
  )
})

test('what a condition came to is recorded in a sentence, and a skipped step says nothing', () => {
  const steps = [step('a', { if: 'x' })]
  const recordOf = (condition: Parameters<typeof judged>[4]): LoopRecord | undefined => {
    const next = judged(steps, [], kinds, 0, condition)
    return next.do === 'settle' ? next.record : undefined
  }
  assert.deepEqual(recordOf({ value: false }), { errorCount: 0, status: 'Skipped' })
  assert.equal(
    recordOf({ error: 'no such name' })?.message,
    'error checking if step "a" should run: no such name',
  )
  const mustBe = 'the condition of step "a" must give true or false, not '
  assert.equal(recordOf({ value: 1 })?.message, `${mustBe}number`)
  assert.equal(recordOf({ value: null })?.message, `${mustBe}null`)
  assert.equal(recordOf({ value: 'true' })?.message, `${mustBe}string`)
})

test('a verdict on a step that there is not ends the Promotion as its records say', () => {
  assert.equal(judged([], [], kinds, 0, { value: true }).do, 'finish')
  const end = judged([step('a'), step('b')], [undefined, done('Failed', 'x')], kinds, 2, {
    value: true,
  })
  assert.deepEqual(end, { do: 'finish', phase: 'Failed', message: 'x' })
})

test('the record of a step that ended holds what it said, or nothing', () => {
  const after = (outcome: Outcome): LoopRecord =>
    afterAttempt(step('a'), started, kinds, outcome, 5000)
  const ended = { errorCount: 0, startedAt: 1000, finishedAt: 5000 }
  assert.deepEqual(after({ status: 'Succeeded' }), { ...ended, status: 'Succeeded' })
  assert.deepEqual(after({ status: 'Skipped', message: 'not needed' }), {
    ...ended,
    status: 'Skipped',
    message: 'not needed',
  })
  const {
    wakeAt: _,
    restsSince: _since,
    ...waiting
  } = after({ status: 'Running', message: 'still at it' })
  assert.deepEqual(waiting, {
    errorCount: 0,
    startedAt: 1000,
    status: 'Running',
    message: 'still at it',
  })
  assert.ok(!('message' in after({ status: 'Running' })))
})

test('each way to fail has its sentence', () => {
  const said = (outcome: Outcome, more: Partial<LoopStep> = {}): string | undefined =>
    afterAttempt(step('a', more), started, kinds, outcome, 5000).message
  const met = 'step "a" met error threshold of 1: '
  assert.equal(said({ status: 'Failed', message: 'boom' }), `${met}step "a": boom`)
  assert.equal(said({ status: 'Failed', terminal: true }), 'step "a": failed')
  assert.equal(said({ status: 'Failed', terminal: true, message: 'no' }), 'step "a": no')
  assert.equal(said({ status: 'Errored', message: 'oops' }), `${met}error running step "a": oops`)
  assert.equal(said({ status: 'Errored' }), `${met}error running step "a": no reason given`)
  assert.equal(
    said({ status: 'Errored', terminal: true, message: 'oops' }),
    'an unrecoverable error occurred: error running step "a": oops',
  )
  assert.equal(said({ status: 'Done' }), `${met}error running step "a": unexpected status "Done"`)
  assert.equal(
    said({ status: 'Errored', message: 'oops' }, { errorThreshold: 2 }),
    'error running step "a": oops; step will be retried',
  )
  const late = { status: 'Errored', timedOut: true, message: 'cut off' }
  assert.equal(said(late, { timeoutMs: 90_000 }), 'step "a" timed out after 1m30s')
  const next = nextStep([step('a', { uses: 'unknown' })], [], kinds, 0)
  assert.match((next.do === 'settle' && next.record.message) || '', /"unknown" is not registered/)
})

test('the very moment at which the time is up is still in time', () => {
  const slow = step('a', { uses: 'slow', errorThreshold: 5 })
  for (const outcome of [{ status: 'Running' }, { status: 'Errored', message: 'x' }]) {
    const at = (now: number): string | undefined =>
      afterAttempt(slow, started, kinds, outcome, now).status
    assert.equal(at(301_000), 'Running')
    assert.equal(at(301_001), 'Errored')
  }
  const expired = (record: LoopRecord, now: number, more: Partial<LoopStep> = {}): boolean =>
    isExpired(step('a', { uses: 'slow', ...more }), record, kinds, now)
  assert.equal(expired(started, 301_000), false)
  assert.equal(expired(started, 301_001), true)
  assert.equal(expired(fresh, 301_001), false)
  assert.equal(expired(started, 301_001, { uses: 'do' }), false)
  assert.equal(expired(started, 301_001, { timeoutMs: 0 }), false)
})

test('a kind that is gone has neither a timeout nor patience', () => {
  const gone = step('a', { uses: 'unknown' })
  assert.equal(attemptDeadline(gone, started, kinds, 5000), undefined)
  const { status } = afterAttempt(gone, started, kinds, { status: 'Errored' }, 5000)
  assert.equal(status, 'Errored')
})

test('only failures before a step keep it from running, whatever is recorded besides', () => {
  const steps = [step('a'), step('b')]
  assert.equal(hasFailure(steps, [done('Succeeded'), done('Failed')], 1), false)
  assert.equal(hasFailure(steps, [undefined, done('Failed')], 2), true)
  assert.equal(hasFailure(steps, [undefined], 1), false)
  assert.equal(hasFailure([], [done('Errored')], 1), true)
})

test('of failures that are equally bad the first has the word', () => {
  const end = nextStep([step('a'), step('b')], [done('Failed', 'x'), done('Failed', 'y')], kinds, 0)
  assert.deepEqual(end, { do: 'finish', phase: 'Failed', message: 'x' })
})

test('a step rests a second after its first error, then twice as long each time, at most five minutes', () => {
  const delays = [0, 1, 2, 3, 9, 10, 100].map(retryDelayMs)
  assert.deepEqual(delays, [1000, 1000, 2000, 4000, 256_000, 300_000, 300_000])
})
