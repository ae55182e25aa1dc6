import { Delete, Get, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Request } from 'express';
import { kazoo } from '#libs/vendor-adapters';
import type { DoorApplication } from '../shared/door-applications.js';
import { KazooAnswer } from './kazoo-answer.js';
import { exchangeOf, KazooAccount } from './kazoo-exchange.js';
import { KazooAccountResource } from './kazoo-resource.js';
import { KazooTokens } from './kazoo-tokens.js';

/** The token that was sent. */
@KazooAccountResource('')
export class KazooAccountController {
  constructor(private readonly tokens: KazooTokens) {}

  @Get('user_auth')
  @ApiOperation({ summary: 'Whose token was sent' })
  @ApiOkResponse()
  whose(@KazooAccount() { view }: DoorApplication): KazooAnswer {
    return new KazooAnswer(kazoo.loginData(view));
  }

  @Delete('user_auth')
  @ApiOperation({ summary: 'Log out: the token that was sent is good no longer' })
  @ApiOkResponse()
  async logOut(@KazooAccount() application: DoorApplication, @Req() request: Request): Promise<KazooAnswer> {
    const token = exchangeOf(request).proved?.authToken ?? '';
    await this.tokens.revoke(application, token);
    return new KazooAnswer({});
  }
}
