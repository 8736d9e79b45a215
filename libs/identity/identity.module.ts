import { Module } from '@nestjs/common';
import { IdentityBootstrap } from './bootstrap.js';
import { Tokens } from './tokens/tokens.service.js';

/** Wants DatabaseModule beside it. */
@Module({ providers: [Tokens, IdentityBootstrap], exports: [Tokens, IdentityBootstrap] })
export class IdentityModule {}
