import { flexml } from '#libs/vendor-adapters';
import type { Door } from '../shared/door.js';
import { FlexmlAccessNames } from './flexml-access-names.js';
import { FlexmlCallSchedule } from './flexml-call-schedule.js';
import { FlexmlCallsController } from './flexml-calls.controller.js';
import { FlexmlCalls } from './flexml-calls.js';
import { FlexmlContainersController } from './flexml-containers.controller.js';
import { FlexmlCorsController } from './flexml-cors.controller.js';
import { FlexmlDidsController } from './flexml-dids.controller.js';
import { FlexmlDids } from './flexml-dids.js';
import { FlexmlEndpointsController } from './flexml-endpoints.controller.js';
import { FlexmlFileWrites } from './flexml-file-writes.js';
import { FlexmlFilesController } from './flexml-files.controller.js';
import { FlexmlLinks } from './flexml-links.js';
import { FlexmlLinksController } from './flexml-links.controller.js';
import { FlexmlStorage } from './flexml-storage.js';
import { FlexmlStatusCallbacks } from './flexml-status-callbacks.js';
import { FlexmlGuard } from './flexml.guard.js';

/** Stands in for api.carrierx.com and storage.carrierx.com. */
export const FLEXML_DOOR: Door = {
  vendor: 'flexml',
  controllers: [
    FlexmlCorsController,
    FlexmlContainersController,
    FlexmlFilesController,
    FlexmlLinksController,
    FlexmlCallsController,
    FlexmlDidsController,
    FlexmlEndpointsController,
  ],
  providers: [
    FlexmlGuard,
    FlexmlStorage,
    FlexmlAccessNames,
    FlexmlFileWrites,
    FlexmlLinks,
    FlexmlDids,
    FlexmlCalls,
    FlexmlCallSchedule,
    FlexmlStatusCallbacks,
  ],
  renderError: (error, request) => flexml.renderFlexmlDoorError(error, request.path),
};
