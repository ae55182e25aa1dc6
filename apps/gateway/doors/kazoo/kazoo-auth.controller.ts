import { Controller, Get, Param, Put, UseInterceptors } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags, ApiUnauthorizedResponse } from '@nestjs/swagger';
import type { Request } from 'express';
import { Req } from '@nestjs/common';
import type { JsonObject } from '#libs/recording-model';
import { kazoo } from '#libs/vendor-adapters';
import { KazooAnswer, KazooEnvelopes } from './kazoo-answer.js';
import { exchangeOf, KazooEnvelope, noteExchange } from './kazoo-exchange.js';
import { KazooLogins } from './kazoo.guard.js';
import { KAZOO_MOUNT } from './kazoo-resource.js';
import { KazooTokens } from './kazoo-tokens.js';

/** Logging in (contract §4.1). */
@ApiTags('kazoo door')
@ApiUnauthorizedResponse({ description: 'invalid_credentials' })
@UseInterceptors(KazooEnvelopes)
@Controller(KAZOO_MOUNT)
export class KazooAuthController {
  constructor(
    private readonly logins: KazooLogins,
    private readonly tokens: KazooTokens,
  ) {}

  @Put('user_auth')
  @ApiOperation({ summary: 'Log in by the hash of user and password; the token is good for an hour' })
  @ApiCreatedResponse({ description: 'auth_token stands at the top of the envelope' })
  userAuth(@Req() request: Request, @KazooEnvelope() envelope: JsonObject): Promise<KazooAnswer> {
    return this.logIn(request, kazoo.readUserAuth(kazoo.envelopeData(envelope)));
  }

  @Put('api_auth')
  @ApiOperation({ summary: 'Log in by the API key of the account' })
  @ApiCreatedResponse({ description: 'auth_token stands at the top of the envelope' })
  apiAuth(@Req() request: Request, @KazooEnvelope() envelope: JsonObject): Promise<KazooAnswer> {
    return this.logIn(request, kazoo.readApiAuth(kazoo.envelopeData(envelope)));
  }

  @Get('user_auth/:token')
  @ApiOperation({ summary: 'Whose token it is' })
  @ApiOkResponse()
  async show(@Req() request: Request, @Param('token') token: string): Promise<KazooAnswer> {
    const application = await this.tokens.check(token);
    if (application === null) throw kazoo.invalidCredentials();
    noteExchange(request, { ...exchangeOf(request), proved: { application, authToken: token } });
    return new KazooAnswer({ ...kazoo.loginData(application.view), id: token, method: 'cb_user_auth' });
  }

  private async logIn(request: Request, login: kazoo.KazooLogin): Promise<KazooAnswer> {
    const application = await this.logins.prove(login);
    const proved = { application, authToken: this.tokens.make(application) };
    noteExchange(request, { ...exchangeOf(request), proved });
    return new KazooAnswer(kazoo.loginData(application.view), { status: 201 });
  }
}
