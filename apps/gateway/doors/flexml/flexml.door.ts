import { flexml } from '#libs/vendor-adapters';
import type { Door } from '../shared/door.js';
import { FlexmlCorsController } from './flexml-cors.controller.js';
import { FlexmlGuard } from './flexml.guard.js';

/** Stands in for api.carrierx.com and storage.carrierx.com. */
export const FLEXML_DOOR: Door = {
  vendor: 'flexml',
  controllers: [FlexmlCorsController],
  providers: [FlexmlGuard],
  renderError: (error, request) => flexml.renderFlexmlDoorError(error, request.path),
};
