/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Splits a kernel uevent (kernel lib/kobject_uevent.c) into the spans this program looks at. Unknown keys are passed
 * over; values are not interpreted.
 */
#include "kernel/uevent.h"

static void take_variable(struct span value, struct uevent *event)
{
	const struct {
		const char *key;
		struct span *out;
	} variables[] = {
		{"SUBSYSTEM", &event->subsystem},
		{"MODALIAS", &event->modalias},
		{"DEVNAME", &event->devname},
		{"DEVTYPE", &event->devtype},
	};
	struct span key = span_cut(&value, '=');
	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
		if (span_is(key, variables[i].key))
			*variables[i].out = value;
	}
}

bool uevent_decode(const uint8_t *bytes, size_t n_bytes, struct uevent *event)
{
	struct span rest = {(const char *)bytes, n_bytes};
	struct span devpath = span_cut(&rest, '\0');
	struct span action = span_cut(&devpath, '@');
	if (devpath.text == NULL)
		return false;
	*event = (struct uevent){.action = action, .devpath = devpath};
	while (rest.text != NULL)
		take_variable(span_cut(&rest, '\0'), event);
	return true;
}
