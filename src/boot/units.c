/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For systemd (systemd.unit(5), systemd.socket(5)): one socket unit for each target a machine goes down by, wanted by
 * it. A socket with a FIFO is made by process 1 itself, and without default dependencies it is the first thing the
 * order brings about; when the order is called off, nothing needs the socket any more and its FIFO goes. The order has
 * to be carried out while no file of root can be read, so the units it consists of are loaded beforehand: an ordering
 * of sysinit.target, which is there all the time, refers to them. Each of the targets needs final.target, and with that
 * goes one more, when all else has ended.
 *
 * For sysvinit: a file with the number of a process that is not to be killed before root is unmounted.
 */
#include "boot/units.h"

#include "base/format.h"
#include "base/limits.h"
#include "sys/sys.h"

#define SPARED_DIR "/run/sendsigs.omit.d"
#define SOCKET "iscsiroot-down@"

static const char *const directories[] = {
	"/run/iscsiroot",
	UNITS_ORDERS_DIR,
	"/run/systemd",
	UNITS_DIR,
	UNITS_DIR "/sysinit.target.d",
	UNITS_DIR "/poweroff.target.wants",
	UNITS_DIR "/reboot.target.wants",
	UNITS_DIR "/halt.target.wants",
	UNITS_DIR "/kexec.target.wants",
	UNITS_DIR "/final.target.wants",
	UNITS_DIR "/" SOCKET UNITS_LAST ".socket.d",
	SPARED_DIR,
};

static const struct {
	const char *path, *text;
} files[] = {
	{UNITS_DIR "/" SOCKET ".socket", "[Unit]\n"
					 "Description=Word of %i to the keeper of the iSCSI root\n"
					 "Documentation=man:iscsiroot(8)\n"
					 "DefaultDependencies=no\n"
					 "StopWhenUnneeded=yes\n"
					 "[Socket]\n"
					 "ListenFIFO=" UNITS_ORDERS_DIR "/%i\n"
					 "SocketMode=0600\n"
					 "RemoveOnStop=yes\n"
					 "Slice=-.slice\n"
					 "Service=iscsiroot-down.service\n"},
	{UNITS_DIR "/iscsiroot-down.service", "[Unit]\n"
					      "Description=Never started: a socket unit must have a service\n"
					      "Documentation=man:iscsiroot(8)\n"
					      "DefaultDependencies=no\n"
					      "[Service]\n"
					      "Type=oneshot\n"
					      "ExecStart=/bin/true\n"},
	{UNITS_DIR "/sysinit.target.d/iscsiroot.conf",
	 "[Unit]\n"
	 "Before=poweroff.target reboot.target halt.target kexec.target\n"},
	{UNITS_DIR "/" SOCKET UNITS_LAST ".socket.d/iscsiroot.conf", "[Unit]\n"
								     "After=shutdown.target umount.target\n"
								     "Before=final.target\n"},
};

/* The FIFO, and the target that brings it. */
static const struct {
	const char *name, *target;
} sockets[] = {
	{"poweroff", "poweroff"}, {"reboot", "reboot"}, {"halt", "halt"}, {"kexec", "kexec"}, {UNITS_LAST, "final"}};

static int link_sockets(void)
{
	char path[PATH_BYTES];
	int error = 0;
	for (size_t i = 0; i < sizeof sockets / sizeof *sockets && error == 0; i++) {
		format_text(path, sizeof path, UNITS_DIR "/%s.target.wants/" SOCKET "%s.socket", sockets[i].target,
			    sockets[i].name);
		error = file_make_link(path, "../" SOCKET ".socket");
	}
	return error;
}

static int spare_this_process(void)
{
	char path[PATH_BYTES], number[16];
	format_text(path, sizeof path, SPARED_DIR "/iscsiroot.%d", process_own_id());
	format_text(number, sizeof number, "%d\n", process_own_id());
	return file_create(path, number, 0644);
}

int units_leave(void)
{
	int error = 0;
	for (size_t i = 0; i < sizeof directories / sizeof *directories && error == 0; i++)
		error = file_make_dir(directories[i], 0755);
	for (size_t i = 0; i < sizeof files / sizeof *files && error == 0; i++)
		error = file_create(files[i].path, files[i].text, 0644);
	if (error == 0)
		error = link_sockets();
	return error == 0 ? spare_this_process() : error;
}
