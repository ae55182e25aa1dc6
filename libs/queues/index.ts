export * from './bull-work-queue.js';
export * from './job-payloads.js';
export * from './node-commands.js';
export * from './producer-options.js';
export * from './queue-names.js';
export * from './redis-connections.js';
export { DEFAULT_RETRY_PLANS, type RetryPlan, type RetryPlans } from './retry-plan.js';
export * from './worker-options.js';
