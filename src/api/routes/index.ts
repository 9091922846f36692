import type { Operation } from '../operation.ts'
import { apiTokenOperations } from './api-tokens.ts'
import { configMapOperations } from './config-maps.ts'
import { configOperations } from './config.ts'
import { credentialCheckOperations } from './credential-check.ts'
import { credentialOperations } from './credentials.ts'
import { deliveryOperations } from './deliveries.ts'
import { assembleOperation } from './freight-assembly.ts'
import { freightOperations } from './freight.ts'
import { gantryOperations } from './gantry.ts'
import { healthOperations } from './health.ts'
import { imageOperations } from './images.ts'
import { projectOperations } from './projects.ts'
import { promotionOperations } from './promotions.ts'
import { resourceOperations } from './resources.ts'
import { roleOperations } from './roles.ts'
import { sharedOperations } from './shared.ts'
import { stageOperations } from './stages.ts'
import { systemOperations } from './system.ts'
import { verificationOperations } from './verification.ts'
import { warehouseOperations } from './warehouses.ts'

/** Every operation of the API. */
export const operations: readonly Operation[] = [
  ...healthOperations,
  ...systemOperations,
  ...resourceOperations,
  ...projectOperations,
  ...configOperations,
  ...stageOperations,
  ...warehouseOperations,
  ...freightOperations,
  assembleOperation,
  ...promotionOperations,
  ...sharedOperations,
  ...verificationOperations,
  ...imageOperations,
  ...configMapOperations,
  ...credentialOperations,
  ...roleOperations,
  ...apiTokenOperations,
  ...deliveryOperations,
  ...gantryOperations,
  ...credentialCheckOperations,
]
