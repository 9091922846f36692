import { describe } from 'node:test'
import { admissionContract } from './store-admission-contract.ts'
import { changeContract } from './store-change-contract.ts'
import { createContract } from './store-create-contract.ts'
import { deleteContract } from './store-delete-contract.ts'
import { readContract } from './store-read-contract.ts'
import type { OpenStore } from './store-under-test.ts'
import { watchContract } from './store-watch-contract.ts'

/** What every Store does, whatever is underneath. */
export function storeContract(name: string, open: OpenStore): void {
  describe(`the ${name} store`, () => {
    createContract(open)
    changeContract(open)
    deleteContract(open)
    readContract(open)
    watchContract(open)
    admissionContract(open)
  })
}
