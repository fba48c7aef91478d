# SPDX-License-Identifier: GPL-2.0-or-later
"""Every message of the plan is met by a test: each text in src/plan that a user can read, as a note, a failure or the reason
why a word is not used, stands in the output of a golden case or in a unit test. It does not say that the case is the right
one: that is what the golden file shows."""

import re

import tree

# Literals that are no message: a sentence has three words at least.
SENTENCE = re.compile(r"[a-z,:] [a-z].* ", re.IGNORECASE)
CONVERSION = re.compile(r"%(?:\.\*|\d+|\.\d+)?(?:l|z)*[a-z]")
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')

# What no test can bring about, and why.
EXCEPTIONS = {}


def literals(text):
    """The string literals of C, with those that follow each other joined."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"^#include.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r'"\s*PRI([udx])64\s*"', r"ll\1", text)
    text = re.sub(r'"\s*PRI([udx])64', r'll\1"', text)
    text = re.sub(r'(?<!\\)"\s+"', "", text)
    return [literal.replace(r"\"", '"').replace("\\\\", "\\") for literal in LITERAL.findall(text)]


def pattern(message):
    """What the output of a format looks like."""
    parts = re.split(r"%%", message)
    return "%".join(".+?".join(re.escape(piece) for piece in CONVERSION.split(part)) for part in parts)


def messages():
    """[(file, message)] of the plan."""
    return [(path, literal) for path in tree.c_files("src/plan", ".c") for literal in literals(tree.read(path))
            if SENTENCE.search(literal) and "%s" != literal]


def shown():
    """All that golden cases print, and all that unit tests expect, as text."""
    golden = "\n".join(tree.read(path) for path in tree.c_files("tests/golden", ".plan"))
    output = "\n".join(line for line in golden.splitlines() if not line.startswith(("#", "$", "@", "|")))
    unit = "\n".join("\n".join(literals(tree.read(path))) for path in tree.c_files("tests/unit", ".c"))
    return output + "\n" + unit


def test_messages_are_found():
    """The search sees each kind: a note, a refusal, a reason, a fault of firmware."""
    found = {message for _, message in messages()}
    assert len(found) > 150
    assert {"the iSCSI name is empty", "%s is not used: %s names the target", "there are too many VLANs"} <= found


def test_every_message_is_met():
    text = shown()
    missing = [f"{path}: {message}" for path, message in messages()
               if message not in EXCEPTIONS and not re.search(pattern(message), text)]
    assert not missing, "\n".join(missing)


def test_exceptions_are_needed():
    known, text = {message for _, message in messages()}, shown()
    assert all(message in known and not re.search(pattern(message), text) for message in EXCEPTIONS)
