import { Module, type DynamicModule } from '@nestjs/common';
import { ApplicationsController } from './api-v1/applications.controller.js';
import { CallInstructions } from './api-v1/call-instructions.js';
import { CallsController } from './api-v1/calls.controller.js';
import { DeliveriesController } from './api-v1/deliveries/deliveries.controller.js';
import { EventsController } from './api-v1/events/events.controller.js';
import { TenantEvents } from './api-v1/events/tenant-events.js';
import { ManifestKeysController } from './api-v1/manifest-keys.controller.js';
import { RecordingControls } from './api-v1/recordings/recording-controls.js';
import { RecordingStarts } from './api-v1/recordings/recording-starts.js';
import { RecordingsController } from './api-v1/recordings/recordings.controller.js';
import { DOORS } from './doors/index.js';
import { DoorApplications } from './doors/shared/door-applications.js';
import { DoorCalls } from './doors/shared/door-calls.js';
import { FileLinksController } from './files/file-links.controller.js';
import { NodeClient } from './http/node-client.js';
import { TenantGuard } from './http/tenant.guard.js';
import { OperationsController } from './operations/operations.controller.js';
import { GATEWAY, type GatewayContext } from './runtime-token.js';

/** All HTTP of the gateway, built on what the process hands in. */
@Module({})
export class GatewayModule {
  static on(context: GatewayContext): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [
        ApplicationsController,
        CallsController,
        RecordingsController,
        ManifestKeysController,
        DeliveriesController,
        EventsController,
        FileLinksController,
        OperationsController,
        ...DOORS.flatMap(({ controllers }) => controllers),
      ],
      providers: [
        { provide: GATEWAY, useValue: context },
        TenantGuard,
        NodeClient,
        CallInstructions,
        RecordingStarts,
        RecordingControls,
        TenantEvents,
        DoorApplications,
        DoorCalls,
        ...DOORS.flatMap(({ providers }) => providers),
      ],
    };
  }
}
