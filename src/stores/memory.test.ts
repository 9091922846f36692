import { createMemoryJournal } from '../journals/memory.ts'
import { storeContract } from '../../test/contracts/store-contract.ts'
import { createMemoryStore } from './memory.ts'

storeContract('memory', async (options) => {
  const journal = createMemoryJournal()
  const store = createMemoryStore({ ...options, journal })
  return { store, journal, close: () => store.close() }
})
