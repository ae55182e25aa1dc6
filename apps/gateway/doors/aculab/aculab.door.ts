import { aculab } from '#libs/vendor-adapters';
import { DOOR_MOUNTS, type Door } from '../shared/door.js';
import { pathAsSent } from '../shared/door-request.js';
import { AculabAccounts } from './aculab-accounts.js';
import { AculabMediaFiles } from './aculab-media-files.js';
import { AculabRuns } from './aculab-runs.js';
import { AculabFileServices, AculabServices } from './aculab-services.js';
import { ACULAB_CONTROLLERS } from './aculab.controllers.js';
import { AculabGuard } from './aculab.guard.js';

const MOUNT = new RegExp(`^/+${DOOR_MOUNTS.aculab}(?=/|$)`);

/** Stands for ws.aculabcloud.net (contract §6, §8, §9). */
export const ACULAB_DOOR: Door = {
  vendor: 'aculab',
  controllers: ACULAB_CONTROLLERS,
  providers: [AculabAccounts, AculabGuard, AculabMediaFiles, AculabRuns, AculabServices, AculabFileServices],
  renderError: (error, request) => {
    const now = new Date();
    // As the client knows the service: the mount is ours.
    const path = pathAsSent(request).replace(MOUNT, '');
    return aculab.renderWebError(error, { path, accept: request.headers.accept ?? '', receivedAt: now }, now);
  },
};
