/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers, encodings and addresses as text: tables of what is taken and what is not, and every damaged form of valid
 * input.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

#include "hostile.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void spans_compare(void **state)
{
	(void)state;
	struct span none = {0};
	assert_true(span_is(span_of("ab"), "ab"));
	assert_false(span_is(span_of("ab"), "abc"));
	assert_false(span_is(span_of("ab"), "a"));
	assert_false(span_is(span_of("ab"), "aB"));
	assert_true(span_is(none, ""));
	assert_true(span_starts(none, ""));
	assert_false(span_starts(none, "a"));
	assert_true(span_starts(span_of("abc"), "ab"));
	assert_false(span_starts(span_of("a"), "ab"));
}

static void cut_sees_every_part(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *parts[5];
		size_t n_parts;
	} cases[] = {
		{"", {""}, 1},        {"a", {"a"}, 1},      {"a:b", {"a", "b"}, 2},           {":", {"", ""}, 2},
		{"a:", {"a", ""}, 2}, {":a", {"", "a"}, 2}, {"a::b:", {"a", "", "b", ""}, 4},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span rest = span_of(cases[i].text);
		size_t n = 0;
		while (rest.text != NULL) {
			struct span part = span_cut(&rest, ':');
			assert_true(n < cases[i].n_parts && span_is(part, cases[i].parts[n]));
			n++;
		}
		assert_int_equal(n, cases[i].n_parts);
		assert_int_equal(rest.n_bytes, 0);
	}
}

static void copy_takes_what_fits(void **state)
{
	(void)state;
	char out[4] = "xxx";
	assert_true(span_copy(span_of("abc"), out, sizeof out));
	assert_string_equal(out, "abc");
	assert_false(span_copy(span_of("abcd"), out, sizeof out));
	assert_string_equal(out, "");
	assert_true(span_copy((struct span){0}, out, sizeof out));
	assert_string_equal(out, "");
	assert_false(span_copy((struct span){"a\0b", 3}, out, sizeof out));
	assert_string_equal(out, "");
	assert_true(span_copy((struct span){"abcd", 2}, out, sizeof out));
	assert_string_equal(out, "ab");
}

static void decimal_is_whole_and_bounded(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t max;
		bool ok;
		uint64_t value;
	} cases[] = {
		{"0", 0, true, 0},
		{"00", 0, true, 0},
		{"007", 7, true, 7},
		{"1", 0, false, 0},
		{"7", 7, true, 7},
		{"8", 7, false, 0},
		{"65535", 65535, true, 65535},
		{"65536", 65535, false, 0},
		{"655350", 65535, false, 0},
		{"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, false, 0},
		{"99999999999999999999", UINT64_MAX, false, 0},
		{"36893488147419103232", UINT64_MAX, false, 0},
		{"", 9, false, 0},
		{" 1", 9, false, 0},
		{"1 ", 9, false, 0},
		{"+1", 9, false, 0},
		{"-1", 9, false, 0},
		{"0x1", 99, false, 0},
		{"1a", 99, false, 0},
		{"/", 99, false, 0},
		{":", 99, false, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t value = 77;
		assert_int_equal(text_decimal(span_of(cases[i].text), cases[i].max, &value), cases[i].ok);
		assert_true(value == (cases[i].ok ? cases[i].value : 77));
	}
}

static void hex_has_1_to_16_digits(void **state)
{
	(void)state;
	uint64_t value = 77;
	assert_true(text_hex(span_of("0"), &value) && value == 0);
	assert_true(text_hex(span_of("aF9"), &value) && value == 0xaf9);
	assert_true(text_hex(span_of("ffffffffffffffff"), &value) && value == UINT64_MAX);
	value = 77;
	static const char *const wrong[] = {"", "0x1", "g", "1g", " 1", "-1", "@", "`", "G", "00000000000000001"};
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(text_hex(span_of(wrong[i]), &value));
	assert_int_equal(value, 77);
}

static void a_hardware_address_has_six_pairs(void **state)
{
	(void)state;
	static const char *const wrong[] = {"",
					    "52:54:00:12:34",
					    "52:54:00:12:34:56:78",
					    "52:54:0:12:34:56",
					    "525400123456",
					    "52:54:00:12:34:5x",
					    "52-54-00:12:34:56",
					    "52:54:00:12:34:56:"};
	uint8_t mac[6] = {7}, same[6] = {7};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_false(text_mac(span_of(wrong[i]), mac));
		assert_memory_equal(mac, same, sizeof mac);
	}
	assert_true(text_mac(span_of("52:54:00:aB:34:ff"), mac));
	assert_memory_equal(mac, "\x52\x54\x00\xab\x34\xff", 6);
	assert_true(text_mac(span_of("00-01-02-03-04-05"), mac));
	assert_memory_equal(mac, "\x00\x01\x02\x03\x04\x05", 6);
}

static void hex_bytes_pad_in_front(void **state)
{
	(void)state;
	uint8_t out[3];
	size_t n = 9;
	assert_true(text_hex_bytes(span_of("01fF"), out, 3, &n));
	assert_int_equal(n, 2);
	assert_memory_equal(out, "\x01\xff", 2);
	assert_true(text_hex_bytes(span_of("123"), out, 3, &n));
	assert_int_equal(n, 2);
	assert_memory_equal(out, "\x01\x23", 2);
	assert_true(text_hex_bytes(span_of("f"), out, 1, &n));
	assert_int_equal(n, 1);
	assert_int_equal(out[0], 15);
	assert_true(text_hex_bytes(span_of("010203"), out, 3, &n));
	assert_memory_equal(out, "\x01\x02\x03", 3);
	n = 9;
	assert_false(text_hex_bytes(span_of("1020304"), out, 3, &n));
	assert_false(text_hex_bytes(span_of("01020304"), out, 3, &n));
	assert_false(text_hex_bytes(span_of(""), out, 3, &n));
	assert_false(text_hex_bytes(span_of("0x12"), out, 3, &n));
	assert_false(text_hex_bytes(span_of("1g"), out, 3, &n));
	assert_int_equal(n, 9);
}

static void base64_follows_the_rfc(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *bytes; /* NULL: wrong */
	} cases[] = {
		/* RFC 4648 section 10 */
		{"Zg==", "f"},         {"Zm8=", "fo"},         {"Zm9v", "foo"},          {"Zm9vYg==", "foob"},
		{"Zm9vYmE=", "fooba"}, {"Zm9vYmFy", "foobar"}, {"+/+/", "\xfb\xff\xbf"}, {"", NULL},
		{"Zg", NULL},          {"Zg=", NULL},          {"Z===", NULL},           {"A===", NULL},
		{"====", NULL},        {"=g==", NULL},         {"Zh==", NULL}, /* pad bits that are not zero */
		{"Zm9=", NULL},        {"Zg==Zg==", NULL},     {"Zm=v", NULL},           {"Zm9v\n", NULL},
		{"Zm9-", NULL},        {"Zm9_", NULL},         {"Zm9vYmFyYQ==", NULL}, /* 7 bytes */
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t out[6];
		size_t n = 99;
		bool ok = text_base64_bytes(span_of(cases[i].text), out, sizeof out, &n);
		assert_int_equal(ok, cases[i].bytes != NULL);
		if (!ok) {
			assert_int_equal(n, 99);
			continue;
		}
		assert_int_equal(n, strlen(cases[i].bytes));
		assert_memory_equal(out, cases[i].bytes, n);
	}
}

static void base64_knows_its_alphabet(void **state)
{
	(void)state;
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t out[48];
	size_t n;
	assert_true(text_base64_bytes(span_of(alphabet), out, sizeof out, &n));
	assert_int_equal(n, sizeof out);
	for (unsigned i = 0; i < 64; i++) {
		unsigned pair = (unsigned)out[i * 6 / 8] << 8 | (i < 63 ? out[i * 6 / 8 + 1] : 0);
		assert_int_equal(pair >> (10 - i * 6 % 8) & 63, i);
	}
}

static void percent_decodes_and_refuses_torn(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *decoded; /* NULL: wrong */
	} cases[] = {
		{"", ""},
		{"abc", "abc"},
		{"a%20b", "a b"},
		{"%2F%2f", "//"},
		{"%c3%A9", "\xc3\xa9"},
		{"100%25", "100%"},
		{"%", NULL},
		{"%2", NULL},
		{"a%", NULL},
		{"%zz", NULL},
		{"%2z", NULL},
		{"%00", NULL},
		{"%01%10", "\x01\x10"},
		{"a%00b", NULL},
		{"1234567", "1234567"},
		{"12345678", NULL},
		{"123456%378", NULL},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[8] = "xxxxxxx";
		bool ok = text_percent_decode(span_of(cases[i].text), out, sizeof out);
		assert_int_equal(ok, cases[i].decoded != NULL);
		assert_string_equal(out, ok ? cases[i].decoded : "");
	}
	char out[8];
	assert_false(text_percent_decode((struct span){"a\0b", 3}, out, sizeof out));
}

static void escape_leaves_printable_ascii(void **state)
{
	(void)state;
	char out[16];
	text_escape("a~ \\", out, sizeof out);
	assert_string_equal(out, "a~ \\");
	text_escape("\n\x7f\xff", out, sizeof out);
	assert_string_equal(out, "\\x0a\\x7f\\xff");
	text_escape("a\n", out, 6);
	assert_string_equal(out, "a\\x0a");
	text_escape("a\n", out, 5);
	assert_string_equal(out, "a");
	text_escape("abc", out, 3);
	assert_string_equal(out, "ab");
	text_escape("abc", out, 1);
	assert_string_equal(out, "");
}

static void addresses_are_read_and_written(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *written; /* NULL: the same */
	} cases[] = {
		{"0.0.0.0", NULL},
		{"10.0.0.5", NULL},
		{"255.255.255.255", NULL},
		{"::", NULL},
		{"::1", NULL},
		{"1::", NULL},
		{"1::8", NULL},
		{"2001:db8::1", NULL},
		{"2001:DB8::A", "2001:db8::a"},
		{"1:2:3:4:5:6:7:8", NULL},
		{"0001:02:003:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
		{"1:0:3:4:5:6:7:8", NULL}, /* RFC 5952: a single zero group is not shortened */
		{"1::3:4:5:6:7:8", "1:0:3:4:5:6:7:8"},
		{"1:0:0:4:5:6:7:8", "1::4:5:6:7:8"},
		{"1:0:0:4:0:0:0:8", "1:0:0:4::8"},
		{"1:0:0:4:5:0:0:8", "1::4:5:0:0:8"}, /* of two equal runs the first */
		{"0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"},
		{"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
		{"0:0:0:0:0:0:0:0", "::"},
		{"fe80::5054:ff:fe12:3456", NULL},
		{"::ffff:10.0.0.5", NULL},
		{"::ffff:a00:5", "::ffff:10.0.0.5"},
		{"::10.0.0.5", "::a00:5"},
		{"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
		{"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip_address ip = {0};
		char out[IP_TEXT_BYTES];
		assert_true(text_ip(span_of(cases[i].text), &ip));
		assert_int_equal(ip.family, strchr(cases[i].text, ':') != NULL ? 6 : 4);
		ip_format(&ip, out);
		assert_string_equal(out, cases[i].written != NULL ? cases[i].written : cases[i].text);
	}
}

static void addresses_hold_their_bytes(void **state)
{
	(void)state;
	struct ip_address ip;
	static const uint8_t v4[16] = {10, 0, 0, 5};
	static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, [14] = 0x12, [15] = 0x34};
	assert_true(text_ip(span_of("10.0.0.5"), &ip));
	assert_memory_equal(ip.bytes, v4, 16);
	assert_true(text_ip(span_of("2001:db8::1234"), &ip));
	assert_memory_equal(ip.bytes, v6, 16);
	char out[IP_TEXT_BYTES] = "x";
	ip_format(&(struct ip_address){0}, out);
	assert_string_equal(out, "");
}

static void wrong_addresses_are_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"",
		"1",
		"1.2.3",
		"1.2.3.",
		"1.2.3.4.",
		".1.2.3.4",
		"1.2.3.4.5",
		"1.2.3.256",
		"01.2.3.4",
		"1.2.3.00",
		"1..3.4",
		"1.2.3.4 ",
		"-1.2.3.4",
		"1.2.3.0x4",
		"a.b.c.d",
		":",
		":::",
		"1:",
		":1",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::",
		"::1:2:3:4:5:6:7:8",
		"1:2:3:4::5:6:7:8",
		"1::2::3",
		"::1::",
		"12345::",
		"g::",
		"::g",
		"1:::2",
		"fe80::1%eth0",
		"[::1]",
		"::1.2.3",
		"::1.2.3.4.5",
		"1.2.3.4::",
		"::1.2.3.4:5",
		"1:2:3:4:5:6:7:1.2.3.4",
		"1:2:3:4:5:1.2.3.4",
		"::ffff:1.2.3.256",
		"1:2:3:4:5:6:7::1:2",
		":1::",
		"::1:",
		"0x1::",
		"1 ::",
		"::+1",
		"::1\n",
	};
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct ip_address ip = {.family = 99};
		if (text_ip(span_of(wrong[i]), &ip))
			fail_msg("\"%s\" is no address", wrong[i]);
		assert_int_equal(ip.family, 99);
	}
}

static void host_and_port_are_split(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *host;
		unsigned port; /* 7: none given */
	} cases[] = {
		{"10.0.0.5", "10.0.0.5", 7},
		{"10.0.0.5:3260", "10.0.0.5", 3260},
		{"host.example:1", "host.example", 1},
		{"host:65535", "host", 65535},
		{"host:00860", "host", 860},
		{"2001:db8::1", "2001:db8::1", 7},
		{"::1", "::1", 7},
		{"[2001:db8::1]", "2001:db8::1", 7},
		{"[2001:db8::1]:860", "2001:db8::1", 860},
		{"fe80::1%eth0", "fe80::1%eth0", 7},
		{"fe80::1%fifteenletters1", "fe80::1%fifteenletters1", 7},
		{"[fe80::1%eth0]:860", "fe80::1%eth0", 860},
		{"[::ffff:10.0.0.5]", "::ffff:10.0.0.5", 7},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span host = {0};
		uint16_t port = 7;
		assert_true(text_host_port(span_of(cases[i].text), &host, &port));
		assert_true(span_is(host, cases[i].host));
		assert_int_equal(port, cases[i].port);
	}
}

static void wrong_host_ports_are_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"",
		":",
		":3260",
		"host:",
		"host:0",
		"host:65536",
		"host:x",
		"host:-1",
		"host: 1",
		"a:b:c",
		"a:1:2",
		"[",
		"[]",
		"[::1",
		"[::1]x",
		"[::1]:",
		"[::1]:0",
		"[::1]:65536",
		"[::1]3260",
		"[host]",
		"[10.0.0.5]",
		"[10.0.0.5]:3260",
		"::1]",
		"[[::1]]",
		"[::1]:1:2",
		"fe80::1%",
		"[fe80::1%]",
		"fe80::1%sixteenletters01",
		"fe80::1%a b",
		"fe80::1%a]b",
		"[fe80::1%a/b]:3260",
		"fe80::1%\x1b[2J",
		"2001:db8::g",
		"[::1]]:3260",
		"[:]",
	};
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct span host = {"keep", 4};
		uint16_t port = 7;
		if (text_host_port(span_of(wrong[i]), &host, &port))
			fail_msg("\"%s\" is no host and port", wrong[i]);
		assert_true(span_is(host, "keep"));
		assert_int_equal(port, 7);
	}
}

/* What must hold for any bytes: no crash, and what is taken is written back in a form that is taken as the same. */
static void try_every_reader(const uint8_t *bytes, size_t n_bytes)
{
	struct span s = {(const char *)bytes, n_bytes};
	char text[64];
	uint8_t out[16];
	uint64_t value;
	size_t n;
	struct ip_address ip;
	struct ip_address again;
	struct span host;
	uint16_t port = 1;
	text_decimal(s, UINT64_MAX, &value);
	text_hex(s, &value);
	if (text_hex_bytes(s, out, sizeof out, &n))
		assert_true(n <= sizeof out);
	if (text_base64_bytes(s, out, sizeof out, &n))
		assert_true(n <= sizeof out);
	text_percent_decode(s, text, sizeof text);
	if (text_ip(s, &ip)) {
		ip_format(&ip, text);
		assert_true(text_ip(span_of(text), &again));
		assert_memory_equal(&ip, &again, sizeof ip);
	}
	if (text_host_port(s, &host, &port))
		assert_true(host.n_bytes > 0 && host.n_bytes <= n_bytes && port > 0);
}

static void damaged_text_does_no_harm(void **state)
{
	(void)state;
	static const char *const seeds[] = {
		"10.0.0.5",
		"2001:db8::1",
		"1:2:3:4:5:6:1.2.3.4",
		"::ffff:10.0.0.5",
		"[fe80::1%eth0]:3260",
		"host.example:3260",
		"Zm9vYmFy",
		"Zm9vYg==",
		"0123456789abcdef0",
		"a%20b%C3%A9",
		"18446744073709551615",
		"1:0:0:4:0:0:0:8",
	};
	for (size_t i = 0; i < COUNT(seeds); i++)
		hostile_each((const uint8_t *)seeds[i], strlen(seeds[i]), try_every_reader);
}

static void escape_stops_at_every_size(void **state)
{
	(void)state;
	static const char text[] = "ab\n\xff"
				   "c\x80";
	for (size_t n = 1; n < 32; n++) {
		char *out = malloc(n);
		text_escape(text, out, n);
		assert_true(strlen(out) < n);
		free(out);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_compare),
		cmocka_unit_test(cut_sees_every_part),
		cmocka_unit_test(copy_takes_what_fits),
		cmocka_unit_test(decimal_is_whole_and_bounded),
		cmocka_unit_test(hex_has_1_to_16_digits),
		cmocka_unit_test(a_hardware_address_has_six_pairs),
		cmocka_unit_test(hex_bytes_pad_in_front),
		cmocka_unit_test(base64_follows_the_rfc),
		cmocka_unit_test(base64_knows_its_alphabet),
		cmocka_unit_test(percent_decodes_and_refuses_torn),
		cmocka_unit_test(escape_leaves_printable_ascii),
		cmocka_unit_test(addresses_are_read_and_written),
		cmocka_unit_test(addresses_hold_their_bytes),
		cmocka_unit_test(wrong_addresses_are_refused),
		cmocka_unit_test(host_and_port_are_split),
		cmocka_unit_test(wrong_host_ports_are_refused),
		cmocka_unit_test(damaged_text_does_no_harm),
		cmocka_unit_test(escape_stops_at_every_size),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
