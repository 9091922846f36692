import { journalContract } from '../../test/contracts/journal-contract.ts'
import { createMemoryJournal } from './memory.ts'

journalContract('memory', async () => {
  const journal = createMemoryJournal()
  return { journal, close: () => journal.close() }
})
