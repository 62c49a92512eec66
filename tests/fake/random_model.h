/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Valid wanted models made from a number, for tests of properties: namespaces, bridges and their ports, veth pairs,
 * taps, macvlan, vxlan, addresses, routes, sysctls, nft tables, tunnels, resolvers.
 *
 * Names come from small pools, so the models of two seeds share many objects, some of another kind or with other
 * values. The host's eth0 and eth1 are in every model as external links, and so is each namespace's lo.
 */
#ifndef TESTS_FAKE_RANDOM_MODEL_H
#define TESTS_FAKE_RANDOM_MODEL_H

#include "model/model.h"

#include <stdint.h>

/* `size` is how many namespaces there may be, and about ten times as many objects. */
struct model *random_model(uint64_t seed, unsigned size);

/* random_model(seed, size), but about one decision in twelve is made anew by `change`. */
struct model *random_model_near(uint64_t seed, uint64_t change, unsigned size);

/* The name of its topology. */
#define RANDOM_MODEL_NAME "random"

#endif
