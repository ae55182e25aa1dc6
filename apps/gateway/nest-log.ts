import type { LoggerService } from '@nestjs/common';
import type { OrchestrationLog } from '#libs/orchestration';

/** The framework's warnings and errors in the gateway's own log; its chatter is left out. */
export function createNestLog(log: OrchestrationLog): LoggerService {
  return {
    log: () => undefined,
    warn: (message: unknown) => log.warn('framework', { reason: String(message) }),
    error: (message: unknown) => log.error('framework', { reason: String(message) }),
  };
}
