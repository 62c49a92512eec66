/* SPDX-License-Identifier: GPL-2.0-or-later */
/* veth: a wire with two ends, each an object of its own that names the other as its peer. */
#include "model/link.h"

const struct link_kind link_kind_veth = { .name = "veth", .reserved = true };
