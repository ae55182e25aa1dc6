import { flexml } from '#libs/vendor-adapters';
import type { Door } from '../shared/door.js';
import { FlexmlContainersController } from './flexml-containers.controller.js';
import { FlexmlCorsController } from './flexml-cors.controller.js';
import { FlexmlFileWrites } from './flexml-file-writes.js';
import { FlexmlFilesController } from './flexml-files.controller.js';
import { FlexmlLinks } from './flexml-links.js';
import { FlexmlLinksController } from './flexml-links.controller.js';
import { FlexmlStorage } from './flexml-storage.js';
import { FlexmlGuard } from './flexml.guard.js';

/** Stands in for api.carrierx.com and storage.carrierx.com. */
export const FLEXML_DOOR: Door = {
  vendor: 'flexml',
  controllers: [FlexmlCorsController, FlexmlContainersController, FlexmlFilesController, FlexmlLinksController],
  providers: [FlexmlGuard, FlexmlStorage, FlexmlFileWrites, FlexmlLinks],
  renderError: (error, request) => flexml.renderFlexmlDoorError(error, request.path),
};
