/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every subcommand: takes the parsed command line, returns an exit status. main.c has the table. */
#ifndef CMD_COMMANDS_H
#define CMD_COMMANDS_H

#include "cmd/options.h"

int cmd_apply(const struct options *options);
int cmd_plan(const struct options *options);
int cmd_diff(const struct options *options);
int cmd_check(const struct options *options);
int cmd_verify(const struct options *options);
int cmd_state(const struct options *options);
int cmd_destroy(const struct options *options);
int cmd_adopt(const struct options *options);
int cmd_confirm(const struct options *options);
int cmd_rollback(const struct options *options);
int cmd_render(const struct options *options);
int cmd_schema(const struct options *options);
int cmd_sim_up(const struct options *options);
int cmd_sim_exec(const struct options *options);
int cmd_sim_check(const struct options *options);
int cmd_sim_down(const struct options *options);
int cmd_exec(const struct options *options);
int cmd_key_new(const struct options *options);
int cmd_key_public(const struct options *options);
int cmd_tunnel_status(const struct options *options);
int cmd_doctor(const struct options *options);
int cmd_whoami(const struct options *options);
int cmd_version(const struct options *options);
int cmd_help(const struct options *options);

#endif
