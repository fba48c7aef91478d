/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target of netroot=, root=iscsi:, iscsiroot= and of DHCP root paths; inside plan/ only.
 */
#ifndef PLAN_ROOTPATH_H
#define PLAN_ROOTPATH_H

#include <stdbool.h>

#include "base/text.h"

struct reading;

/* How digits alone in the field LUN are read, and so what a note warns of when both differ. */
enum rootpath_lun {
	ROOTPATH_DECIMAL, /* dracut and Debian: as udev writes them */
	ROOTPATH_HEX,     /* RFC 4173, iPXE and UEFI */
};

/* Adds the target of what stands behind "iscsi:". */
bool rootpath_read(struct reading *r, struct span rest, enum rootpath_lun lun);

#endif
