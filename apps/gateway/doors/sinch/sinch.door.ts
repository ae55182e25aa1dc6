import { randomUUID } from 'node:crypto';
import type { RecgateError, VendorErrorForm } from '#libs/recording-model';
import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import type { Door } from '../shared/door.js';
import { SinchCallbacksController } from './sinch-callbacks.controller.js';
import { SinchCalloutsController } from './sinch-callouts.controller.js';
import { SinchCallsController } from './sinch-calls.controller.js';
import { SinchConferencesController } from './sinch-conferences.controller.js';
import { SinchRecordingsController } from './sinch-recordings.controller.js';
import { SinchGuard } from './sinch.guard.js';

/** Stands in for calling.api.sinch.com and callingapi.sinch.com (contract §3). */
export const SINCH_DOOR: Door = {
  vendor: 'sinch',
  controllers: [
    SinchCallsController,
    SinchCalloutsController,
    SinchConferencesController,
    SinchCallbacksController,
    SinchRecordingsController,
  ],
  providers: [SinchGuard],
  renderError,
};

/** Each answer has a reference of its own (contract §3.4). */
function renderError(error: RecgateError): VendorErrorForm {
  const form = VENDOR_ADAPTERS.sinch.renderError(error);
  const body = typeof form.body === 'object' && form.body !== null ? form.body : {};
  return { ...form, body: { ...body, reference: randomUUID() } };
}
