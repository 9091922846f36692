import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hasCode } from '../../core/errors.ts'
import { nextPage } from './next-page.ts'

const list = '/v2/team/app/tags/list'
const go = (link: string | undefined): string | undefined =>
  nextPage(link, 'registry.example.com:5000', `${list}?n=2`)

test('a list goes on where the link with the relation next says', () => {
  const next = `${list}?n=2&last=b`
  for (const link of [
    `<${next}>; rel="next"`,
    `<${next}>;rel=next`,
    `<${next}>; title="a, b; rel=prev"; rel="next"`,
    `<${next}>; rel="last next"`,
    `<${list}?n=2>; rel="first", <${next}>; rel="next"`,
    `<${next}>; REL="Next"`,
    `<${next}>; rel="next",`,
    `<?n=2&last=b>; rel="next"`,
    `<https://registry.example.com:5000${next}>; rel="next"`,
    // Behind a proxy that ends TLS a registry may think that it speaks plain http.
    `<http://registry.example.com:5000${next}>; rel="next"`,
  ])
    assert.equal(go(link), next, link)
})

test('it ends where no link has that relation', () => {
  for (const link of [undefined, '', `<${list}?n=2>; rel="prev"`, `<${list}>; rel="nextish"`])
    assert.equal(go(link), undefined, link)
})

test('a link that cannot be read, or leads elsewhere, is Invalid', () => {
  for (const link of [
    list,
    `<${list}?n=2&last=b`,
    `${list}?n=2&last=b>; rel="next"`,
    `<${list}?n=2&last=b>; rel="next`,
    `<${list}?n=2&last=b> rel="next"`,
    `<${list}?n=2&last=${'b'.repeat(9000)}>; rel="next"`,
    `<https://elsewhere.example.com${list}?last=b>; rel="next"`,
    `<//elsewhere.example.com${list}?last=b>; rel="next"`,
    `</v2/team/other/tags/list?last=b>; rel="next"`,
    `<http://[>; rel="next"`,
    `<${list}?last=b>; rel="next", <${list}?last=c>; rel="next"`,
  ])
    assert.throws(() => go(link), { code: 'Invalid' }, link)
})

test('whatever the header, it is an end, a page of the same list, or Invalid', () => {
  const piece = fc.constantFrom('<', '>', ';', ',', ' ', '"', 'rel=', 'next', list, '?last=b', '\\')
  const header = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(header, (link) => {
      try {
        assert.ok((go(link) ?? list).startsWith(list))
      } catch (thrown) {
        assert.ok(hasCode(thrown, 'Invalid'))
      }
    }),
    { numRuns: 500 },
  )
})
