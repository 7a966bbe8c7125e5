"""The prompt of `chat` under a pseudo-terminal, with a real server: each function that takes the world is a law.

    prompt.py BINARIES SCRATCH NAME
"""

import os
import signal
import stat
import subprocess
import time

from world import run
from terminal import PATIENCE, width

UP, DOWN, LEFT, HOME = "\x1b[A", "\x1b[B", "\x1b[D", "\x01"
CTRL_C, CTRL_D, CTRL_R, CTRL_U, CTRL_Z, TAB, ENTER = "\x03", "\x04", "\x12", "\x15", "\x1a", "\t", "\r"


def ready(world, user="alice", target="bob", **more):
    """A prompt that is connected and has a target."""
    terminal = world.prompt(user, **more).at(f"{user}> ")
    if target:
        terminal.type(f"/to {target}" + ENTER).at(f"{user} → {target}> ")
    return terminal


def numbered(lines, word):
    """The numbers behind a word, in the order of the lines."""
    return [int(line.split(word)[1].split()[0]) for line in lines if word in line]


def typed(screen, prompt):
    """The line that is being typed, put together from its rows."""
    rows = ["".join(row) for row in screen.cells]
    begins = [index for index, row in enumerate(rows) if row.startswith(prompt)]
    return "".join(rows[begins[-1]:]).rstrip() if begins else None


def editor(world, name, script):
    path = f"{world.scratch}/{name}"
    with open(path, "w") as file:
        file.write("#!/bin/sh\n" + script)
    os.chmod(path, 0o755)
    return path


def a_half_typed_line_stays_intact_with_its_cursor_while_1000_messages_come_in(world):
    world.join("alice", "bob")
    alice = ready(world)
    prompt = "alice → bob> "
    alice.type("hällo 日本語 wörld").at(prompt + "hällo 日本語 wörld")
    alice.type(LEFT * 8).at(prompt + "hällo 日本語 wörld", sum(map(width, prompt + "hällo 日")))
    sender = subprocess.Popen(
        [world.binaries + "/chat", "--profile", "bob", "send", "--to", "alice", "--lines"], env=world.environment,
        stdin=subprocess.PIPE)
    sender.stdin.write("".join(f"message {number}\n" for number in range(1000)).encode())
    sender.stdin.close()
    # Keys between the messages, each of which must arrive.
    typed = ""
    for letter in "0123456789abcdefghijklmnopqrstuvwxyz":
        alice.type(letter)
        typed += letter
        alice.read(0.01)
    line = prompt + "hällo 日" + typed + "本語 wörld"
    alice.shows("message 999")
    alice.at(line, sum(map(width, prompt + "hällo 日" + typed)))
    assert sender.wait(PATIENCE) == 0
    shown = alice.screen.transcript()
    assert numbered(shown, "bob → me: message ") == list(range(1000)), "every message once, in order"
    garbled = [text for text in shown if "message" in text and not text[8:].startswith(" bob → me: message ")]
    assert not garbled, garbled
    alice.type(ENTER).at(prompt)
    world.until(lambda: "hällo 日" + typed + "本語 wörld" in world.bodies("bob", "alice"), "bob has the line")
    alice.type(CTRL_D).ends()



def a_line_over_several_rows_stays_intact_too(world):
    world.join("alice", "bob")
    alice = ready(world, columns=40, rows=12)
    text = "日本語のとても長い行と ünd so weiter bis in die dritte Zeile hinein " + "x" * 30
    alice.type(text).wait(lambda screen: screen.line().endswith("xxx"), "the line is there")
    sender = subprocess.Popen(
        [world.binaries + "/chat", "--profile", "bob", "send", "--to", "alice", "--lines"], env=world.environment,
        stdin=subprocess.PIPE)
    sender.stdin.write("".join(f"message {number}\n" for number in range(300)).encode())
    sender.stdin.close()
    alice.type(HOME + "anfang ").shows("message 299")
    assert sender.wait(PATIENCE) == 0
    shown = alice.screen.transcript()
    assert numbered(shown, "bob → me: message ") == list(range(300))
    alice.wait(
        lambda screen: typed(screen, "alice → bob> ") == "alice → bob> anfang " + text, "the line is whole")
    alice.type(ENTER).at("alice → bob> ")
    world.until(lambda: "anfang " + text in world.bodies("bob", "alice"), "bob has the line")
    alice.type(CTRL_D).ends()


def a_resize_keeps_the_line(world):
    world.join("alice", "bob")
    alice = ready(world, columns=80)
    text = "one two three four five six seven eight nine ten eleven twelve"
    alice.type(text).wait(lambda screen: screen.line().endswith("twelve"), "the line is there")
    alice.resize(24, 40).wait(lambda screen: screen.line().endswith("twelve"), "the line is drawn anew")
    world.chat("bob", "send", "--to", "alice", "-m", "narrow")
    alice.shows("bob → me: narrow")
    alice.wait(lambda screen: screen.line().endswith("twelve"), "the line is drawn over two rows")
    alice.resize(24, 100).at("alice → bob> " + text)
    world.chat("bob", "send", "--to", "alice", "-m", "wide")
    alice.shows("bob → me: wide").at("alice → bob> " + text)
    alice.type(ENTER).at("alice → bob> ")
    world.until(lambda: text in world.bodies("bob", "alice"), "bob has the line")
    alice.type(CTRL_D).ends()


def keys_do_what_they_do_in_a_shell(world):
    world.join("alice", "bob", "carol")
    alice = ready(world)
    prompt = "alice → bob> "
    alice.type("first line").at(prompt + "first line").type(ENTER).at(prompt)
    alice.type("dropped" + LEFT).at(prompt + "dropped", len(prompt + "droppe")).type(CTRL_C).at(prompt)
    alice.type("second line").at(prompt + "second line").type(ENTER).at(prompt)
    world.until(lambda: world.bodies("bob", "alice") == ["first line", "second line"], "what bob writes comes behind it")
    alice.type(CTRL_R + "rst").shows("(reverse-i-search)`rst': first line")
    world.chat("bob", "send", "--to", "alice", "-m", "while searching")
    alice.shows("bob → me: while searching")
    alice.type(ENTER).at(prompt)
    alice.type(UP).at(prompt + "first line").type(CTRL_U).at(prompt)
    alice.type("/hel" + TAB).at(prompt + "/help ").type("re" + TAB).at(prompt + "/help reply ").type(CTRL_U)
    alice.type("/to ca" + TAB).at(prompt + "/to carol ").type(ENTER).at("alice → carol> ")
    alice.type("/w" + TAB + ENTER).shows("USER").at("alice → carol> ")
    alice.type("/to " + TAB + TAB).shows("all    bob    carol").at("alice → carol> /to ")
    alice.type(CTRL_C).at("alice → carol> ")
    sent = ["first line", "second line", "while searching", "first line"]
    world.until(lambda: world.bodies("bob", "alice") == sent, "bob has all")
    alice.type("half" + CTRL_D).at("alice → carol> half")
    alice.type(CTRL_U + CTRL_D).ends()


def lines_are_kept_across_runs_for_the_owner_alone(world):
    world.join("alice", "bob")
    alice = ready(world)
    alice.type("remember me" + ENTER).at("alice → bob> ")
    alice.type(" not me" + ENTER).at("alice → bob> ")
    alice.type("/quit" + ENTER).ends()
    alice = ready(world, target=None)
    alice.type(UP).at("alice> /quit").type(UP).at("alice> remember me").type(UP).at("alice> /to bob")
    alice.type(CTRL_U + CTRL_D).ends()
    place = world.scratch + "/state/chat/alice"
    assert stat.S_IMODE(os.stat(place).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(place + "/history").st_mode) == 0o600
    assert "not me" not in open(place + "/history").read()


def twenty_pasted_lines_are_one_message(world):
    world.join("alice", "bob")
    alice = ready(world, rows=40)
    assert alice.screen.pastes, "the terminal was not asked for marks"
    lines = [f"line {number}\tof\x1b[31m twenty" for number in range(20)]
    alice.type("\x1b[200~" + "\r".join(lines) + "\r\x1b[201~")
    alice.shows("line 19")
    world.chat("bob", "send", "--to", "alice", "-m", "meanwhile")
    alice.shows("bob → me: meanwhile")
    assert "\n".join(lines) not in world.bodies("bob", "alice"), "nothing is sent before Enter"
    alice.type(ENTER).at("alice → bob> ")
    world.until(lambda: "\n".join(lines) in world.bodies("bob", "alice"), "bob has one message")
    assert len(world.bodies("bob", "alice")) == 2
    alice.type(CTRL_D).ends()


def a_paste_over_the_limit_is_refused_and_named_at_once(world):
    world.join("alice", "bob")
    alice = ready(world)
    alice.type("begun ")
    alice.type("\x1b[200~" + "x" * (1 << 20) + "\x1b[201~").shows("1048576 bytes; the limit is 65536 (64 KiB)")
    alice.at("alice → bob> begun ")
    # Without marks it is typing that never ends, and is as bounded.
    alice.type(CTRL_U + "y" * (1 << 20) + ENTER).shows("the line had more than 65536 bytes")
    alice.at("alice → bob> ").type("still here" + ENTER).at("alice → bob> ")
    world.until(lambda: world.bodies("bob", "alice") == ["still here"], "only that was sent")
    alice.type(CTRL_D).ends()


def a_message_of_exactly_the_limit_can_be_pasted(world):
    world.join("alice", "bob")
    alice = ready(world)
    text = "日本語x" * (65536 // 10) + "y" * (65536 % 10)
    alice.type("\x1b[200~" + text + "\x1b[201~" + ENTER)
    world.until(lambda: world.bodies("bob", "alice") == [text], "bob has all of it")
    alice.type(CTRL_C).type(CTRL_D).ends()


def a_server_that_goes_and_comes_back(world):
    world.join("alice", "bob")
    alice = ready(world)
    world.stop()
    alice.at("alice → bob (not connected)> ").shows("* not connected: ")
    alice.type("half ")
    alice.type("typed" + ENTER).shows("is queued, and goes out later")
    alice.at("alice → bob (not connected, 1 queued)> ")
    alice.type("second" + ENTER).at("alice → bob (not connected, 2 queued)> ")
    alice.type("kept while it").at("alice → bob (not connected, 2 queued)> kept while it")
    world.start()
    alice.shows("* connected").shows("2 queued messages were sent").at("alice → bob> kept while it")
    alice.type(" came back" + ENTER).at("alice → bob> ")
    world.until(
        lambda: world.bodies("bob", "alice") == ["half typed", "second", "kept while it came back"],
        "bob has all three in order")
    alice.type(CTRL_D).ends()


def what_is_queued_outlives_the_prompt(world):
    world.join("alice", "bob")
    alice = ready(world)
    world.stop()
    alice.at("alice → bob (not connected)> ").type("later" + ENTER).shows("is queued")
    alice.type(CTRL_D).ends()
    world.start()
    world.chat("alice", "outbox", "flush")
    assert world.bodies("bob", "alice") == ["later"]


def a_prompt_without_a_server_opens_and_connects_later(world):
    world.join("alice", "bob")
    world.stop()
    alice = world.prompt("alice").at("alice (not connected)> ")
    world.start()
    alice.shows("* connected").at("alice> ")
    alice.type(CTRL_D).ends()


def failures_are_one_line_and_what_was_typed_is_not_lost(world):
    world.join("alice", "bob")
    alice = ready(world, target=None)
    alice.type("to nobody" + ENTER).shows("chat: nobody to write to yet; nothing was sent").at("alice> ")
    alice.type(UP).at("alice> to nobody").type(CTRL_U)
    alice.type("/dm ghost hello" + ENTER).shows("chat: there is no user ghost").at("alice> ")
    alice.type("/whoo" + ENTER).shows("did you mean /who?").at("alice> ")
    alice.type("/dm bob fine" + ENTER).at("alice> ")
    world.until(lambda: world.bodies("bob", "alice") == ["fine"], "the next one goes out")
    alice.type(CTRL_D).ends()


def hostile_text_is_inert(world):
    world.join("alice", "bob")
    alice = ready(world, columns=120)
    # The screen of these tests takes no sequence but those that readline uses.
    body = "\x1b]52;c;cm0gLXJm\x07\x1b[2J\x1b[1;1H\u202egnp\u200b\x9b31m\rroot# \u2028x"
    world.chat("bob", "send", "--to", "alice", "-", text=body)
    alice.shows("^[]52;c;cm0gLXJm^G^[[2J^[[1;1H<U+202E>gnp<U+200B><U+009B>31m^Mroot# <U+2028>x")
    alice.at("alice → bob> ").type(CTRL_D).ends()


def the_editor_writes_a_message_on_the_terminal_and_gives_it_back(world):
    world.join("alice", "bob")
    program = editor(
        world, "my editor",
        'stat -c "%a %n" "$2" >"$HOME/seen"; stty -a >"$HOME/stty"; printf "option %s, tty? " "$1"; read answer;'
        ' printf "line one $(id)\\n%s\\n" "$answer" >"$2"\n')
    alice = ready(world, EDITOR=f"'{program}' -x", VISUAL="")
    alice.type("/edit" + ENTER).shows("option -x, tty?")
    world.chat("bob", "send", "--to", "alice", "-m", "while editing", "--wait", "delivered")
    alice.read(0.3)
    assert not any("while editing" in line for line in alice.screen.transcript()), "the editor has the terminal"
    alice.type("; rm -rf $HOME `id`\r").shows("bob → me: while editing").at("alice → bob> ")
    bodies = world.until(lambda: [body for body in world.bodies("bob", "alice") if "one" in body], "bob has it")
    assert bodies[0].startswith("line one uid=") and bodies[0].endswith("\n; rm -rf $HOME `id`"), bodies
    mode, path = open(world.scratch + "/seen").read().split(None, 1)
    assert mode == "600" and path.startswith(world.scratch + "/state/chat/alice/"), (mode, path)
    assert not os.path.exists(path.strip()), "the text was not left behind"
    assert " icanon" in open(world.scratch + "/stty").read(), "the editor gets a terminal as it was"
    alice.type("typing" + LEFT).at("alice → bob> typing", len("alice → bob> typin")).type(CTRL_C + CTRL_D).ends()


def what_an_editor_leaves_that_cannot_be_sent_is_kept(world):
    world.join("alice", "bob")
    program = editor(world, "long", 'head -c 70000 /dev/zero | tr "\\0" x >"$1"\n')
    alice = ready(world, VISUAL=program)
    alice.type("/edit" + ENTER).shows("the limit is 65536 (64 KiB)").at("alice → bob> ")
    place = world.scratch + "/state/chat/alice"
    kept = [name for name in os.listdir(place) if name.startswith("message.")]
    assert len(kept) == 1 and os.path.getsize(f"{place}/{kept[0]}") == 70000
    alice.type(CTRL_D).ends()
    failing = editor(world, "failing", "exit 3\n")
    alice = ready(world, VISUAL=failing)
    alice.type("/edit" + ENTER).shows("the editor ended with status 3; nothing was sent").at("alice → bob> ")
    alice.type(CTRL_D).ends()
    alice = ready(world, VISUAL="/does/not/exist")
    alice.type("/edit" + ENTER).shows("cannot start the editor '/does/not/exist'").at("alice → bob> ")
    alice.type(CTRL_D).ends()
    assert world.bodies("bob", "alice") == []


def signals_give_the_terminal_back(world):
    world.join("alice", "bob")
    for number, status in [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGQUIT, 131)]:
        alice = ready(world)
        alice.type("half typed").at("alice → bob> half typed").send(number).ends(status)


def it_stops_and_goes_on_like_any_job(world):
    world.join("alice", "bob")
    shell = world.prompt("alice", shell=["/bin/bash", "--norc", "--noprofile", "-i"], PS1="shell$ ").at("shell$ ")
    shell.type(f"{world.binaries}/chat --profile alice" + ENTER).at("alice> ")
    for _ in range(5):
        shell.type("half").at("alice> half").type(CTRL_Z).at("shell$ ")
        shell.type("stty -a | grep -o -- '-*icanon'" + ENTER).wait(
            lambda screen: screen.lines()[screen.row - 1] == "icanon", "the shell has its terminal back")
        shell.type("fg" + ENTER).at("alice> half")
        shell.type(LEFT + "x").at("alice> halxf", len("alice> halx")).type(CTRL_C).at("alice> ")
    shell.type(CTRL_D).at("shell$ ").type("exit" + ENTER).ends()


def standard_output_can_be_a_file_while_the_prompt_is_on_the_terminal(world):
    world.join("alice", "bob")
    file = world.scratch + "/messages"
    shell = world.prompt(
        "alice", shell=["/bin/sh", "-c", f"exec {world.binaries}/chat --profile alice --json >{file}"]).at("alice> ")
    shell.type("typ")
    world.chat("bob", "send", "--to", "alice", "-m", "to the file")
    world.until(lambda: '"body":"to the file"' in open(file).read(), "the file has it")
    assert not any("to the file" in line for line in shell.screen.transcript())
    shell.at("alice> typ").type(CTRL_C + "/quit" + ENTER).ends()


def what_was_shown_is_not_shown_again_and_is_told_to_its_sender(world):
    world.join("alice", "bob")
    alice = ready(world)
    world.chat("bob", "send", "--to", "alice", "--wait", "read", "-m", "seen?")
    alice.shows("bob → me: seen?").type("/history 5" + ENTER)
    alice.wait(lambda screen: sum("seen?" in line for line in screen.transcript()) == 2, "history has it")
    alice.type("/reply yes" + ENTER).shows("* replying to bob").type(CTRL_D).ends()
    world.until(lambda: world.bodies("bob", "alice") == ["seen?", "yes"], "the reply is there")
    alice = ready(world)
    assert not any("seen?" in line for line in alice.screen.transcript())
    alice.type(CTRL_D).ends()


def what_another_process_of_the_profile_sends_is_shown_and_what_is_typed_is_not_repeated(world):
    world.join("alice", "bob")
    alice = ready(world)
    alice.type("typed here" + ENTER)
    world.until(lambda: world.bodies("bob", "alice") == ["typed here"], "the message is there")
    world.chat("alice", "send", "--to", "bob", "-m", "from elsewhere")
    alice.shows("me → bob: from elsewhere")
    assert not any("me → bob: typed here" in line for line in alice.screen.transcript())
    alice.type(CTRL_D).ends()


def who_comes_and_goes_is_said(world):
    world.join("alice", "bob")
    alice = ready(world)
    bob = ready(world, "bob", "alice")
    alice.shows("* bob is online").at("alice → bob> ")
    bob.type("/who" + ENTER).shows("alice  alice").type(CTRL_D).ends()
    alice.shows("* bob is offline").at("alice → bob> ").type(CTRL_D).ends()


def the_environment_may_say_nothing_of_utf_8(world):
    world.join("alice", "bob")
    for environment in [{"LC_ALL": "C"}, {"LC_ALL": ""}]:
        alice = ready(world, **environment)
        alice.type("für 日本" + LEFT).at("alice → bob> für 日本", sum(map(width, "alice → bob> für 日")))
        alice.type(ENTER).at("alice → bob> ")
        alice.type("ö" + LEFT + "ä").at("alice → bob> äö", sum(map(width, "alice → bob> ä"))).type(CTRL_C)
        alice.at("alice → bob> ").type(CTRL_D).ends()
    assert world.bodies("bob", "alice") == ["für 日本"] * 2


def a_line_that_ends_at_the_edge_stays_intact(world):
    world.join("alice", "bob")
    alice = ready(world, columns=40, rows=30)
    prompt = "alice → bob> "
    texts = ["x" * size for size in (25, 26, 27, 28, 66, 67, 68)] + ["日" * 13, "日" * 14, "x" + "日" * 13]
    for count, text in enumerate(texts):

        def is_whole(screen):
            # A wide character that does not fit leaves the last column empty.
            return (typed(screen, prompt) or "").replace(" ", "") == (prompt + text).replace(" ", "")

        alice.type(text).wait(is_whole, "the line is there")
        for part in ("a", "b"):
            world.chat("bob", "send", "--to", "alice", "-m", f"message {count}{part}")
            alice.shows(f"bob → me: message {count}{part}").wait(is_whole, "the line is whole")
        alice.type(CTRL_C).at(prompt)
    # Each line was left once where it was dropped, and nowhere else.
    left = "".join(line for line in alice.screen.transcript() if "message" not in line)
    assert left.replace(" ", "").count("日") == 13 + 14 + 13, left
    alice.type(CTRL_D).ends()


def a_paste_longer_than_the_screen_is_folded_and_sent_whole(world):
    world.join("alice", "bob")
    alice = ready(world)
    lines = [f"line {number}" for number in range(3000)]
    size = len("\n".join(lines))
    alice.type("see: \x1b[200~" + "\r".join(lines) + "\x1b[201~")
    alice.at(f"alice → bob> see: [pasted 3000 lines, {size} bytes]")
    world.chat("bob", "send", "--to", "alice", "-m", "meanwhile")
    alice.shows("bob → me: meanwhile").at(f"alice → bob> see: [pasted 3000 lines, {size} bytes]")
    alice.type(ENTER).at("alice → bob> ")
    world.until(lambda: world.bodies("bob", "alice") == ["meanwhile", "see: " + "\n".join(lines)], "bob has all of it")
    alice.type(CTRL_D).ends()


def a_search_can_be_dropped_while_messages_come(world):
    world.join("alice", "bob")
    alice = ready(world)
    alice.type(CTRL_R + "/t").shows("(reverse-i-search)`/t': /to bob")
    world.stop()
    alice.shows("* not connected").shows("(reverse-i-search)`/t': /to bob")
    # The prompt could not change during the search; it does behind it.
    alice.type(CTRL_C).at("alice → bob (not connected)> ")
    alice.type(CTRL_D).ends()


def a_server_whose_key_is_not_known_is_asked_about_without_spoiling_the_prompt(world):
    world.join("alice", "bob")
    # Nobody vouches for it any more: neither what was kept, nor what the server has published on this machine.
    world.chat("alice", "server", "forget", world.address)
    world.forget_published()
    alice = world.prompt("alice").shows("is not known, and its certificate").shows("Trust this key from now on? [yes/no]")
    alice.type("yes" + ENTER).at("alice> ")
    alice.type("/dm bob asked").at("alice> /dm bob asked").type(ENTER).at("alice> ")
    world.until(lambda: world.bodies("bob", "alice") == ["asked"], "it is connected")
    alice.type(CTRL_D).ends()


def what_is_typed_behind_a_dropped_line_is_a_line_of_its_own(world):
    world.join("alice", "bob")
    alice = ready(world)
    for number in range(30):
        alice.type(f"dropped {number}" + CTRL_C + f"kept {number}" + ENTER + "dropped" + CTRL_C)
    alice.at("alice → bob> ")
    world.until(
        lambda: world.bodies("bob", "alice") == [f"kept {number}" for number in range(30)], "only the others were sent")
    # Dropping a line from the history begins anew at its end, and leaves nothing behind.
    alice.type(UP + UP + "x").at("alice → bob> kept 28x").type(CTRL_C).at("alice → bob> ")
    alice.type(UP).at("alice → bob> kept 29").type(DOWN).at("alice → bob> ")
    alice.type("elsewhere").at("alice → bob> elsewhere").send(signal.SIGINT).at("alice → bob> ").type(CTRL_D).ends()


def the_users_own_keys_count(world):
    world.join("alice", "bob")
    with open(world.scratch + "/inputrc", "w") as file:
        file.write('$if chat\nset editing-mode vi\n$endif\n"\\C-o": "typed by a macro"\n')
    alice = ready(world, INPUTRC=world.scratch + "/inputrc")
    alice.type("abc").at("alice → bob> abc").type("\x1b").wait(
        lambda screen: screen.column == len("alice → bob> ab"), "Escape is a command of its own")
    alice.type("0").at("alice → bob> abc", len("alice → bob> ")).type("ix").at("alice → bob> xabc", len("alice → bob> x"))
    world.chat("bob", "send", "--to", "alice", "-m", "meanwhile")
    alice.shows("bob → me: meanwhile").at("alice → bob> xabc", len("alice → bob> x"))
    alice.type("\x1b" + CTRL_C).at("alice → bob> ").type("y" + CTRL_C).at("alice → bob> ").type(CTRL_D).ends()


def a_paste_without_an_end_can_be_left(world):
    world.join("alice", "bob")
    alice = ready(world)
    alice.type("\x1b[200~never ending")
    row = alice.screen.row

    def is_dropped():
        # A finger needs a moment, by which it is told from what is pasted: of a program that has read all of that.
        begin = time.monotonic()
        while time.monotonic() - begin < 1.5:
            alice.read()
        if alice.screen.row > row:
            return True
        alice.type(CTRL_C)
        return False

    world.until(is_dropped, "the line is dropped")
    alice.type("typed").at("alice → bob> typed").type(CTRL_C).at("alice → bob> ").type(CTRL_D).ends()


def an_editor_is_a_part_of_the_job(world):
    world.join("alice", "bob")
    program = editor(world, "slow", "echo in the editor; exec sleep 60\n")
    shell = world.prompt(
        "alice", shell=["/bin/bash", "--norc", "--noprofile", "-i"], PS1="shell$ ", EDITOR=program).at("shell$ ")
    shell.type(f"{world.binaries}/chat --profile alice" + ENTER).at("alice> ")
    shell.type("/to bob" + ENTER).at("alice → bob> ").type("/edit" + ENTER).shows("in the editor")
    shell.type(CTRL_Z).at("shell$ ").type("fg" + ENTER)
    world.until(lambda: shell.runs(), "the job has the terminal and runs")
    shell.type(CTRL_C).shows("the editor ended with signal 2; nothing was sent").at("alice → bob> ")
    shell.type("still").at("alice → bob> still").type(CTRL_C + CTRL_D).at("shell$ ").type("exit" + ENTER).ends()


def a_job_that_somebody_else_stopped_has_its_terminal_again_afterwards(world):
    world.join("alice", "bob")
    shell = world.prompt(
        "alice", shell=["/bin/bash", "--norc", "--noprofile", "-i"], PS1="shell$ ").at("shell$ ")
    shell.type(f"{world.binaries}/chat --profile alice" + ENTER).at("alice> ").type("half").at("alice> half")
    found = subprocess.run(["pgrep", "-P", str(shell.process)], capture_output=True).stdout.split()
    os.kill(int(found[0]), signal.SIGSTOP)
    shell.at("shell$ ").type("fg" + ENTER).at("alice> half").type(LEFT + "x").at("alice> halxf", len("alice> halx"))
    shell.type(CTRL_C).at("alice> ").type(CTRL_D).at("shell$ ").type("exit" + ENTER).ends()


def a_terminal_that_goes_away_ends_it(world):
    world.join("alice", "bob")
    alice = ready(world)
    alice.type("half typed").at("alice → bob> half typed").hang_up()


def a_terminal_that_takes_nothing_does_not_keep_it_alive(world):
    world.join("alice", "bob")
    alice = ready(world)
    sender = subprocess.run(
        [world.binaries + "/chat", "--profile", "bob", "send", "--to", "alice", "--lines"], env=world.environment,
        input=("x" * 1000 + "\n").encode() * 100)
    assert sender.returncode == 0
    assert alice.is_full(), "the terminal takes nothing more"
    alice.send(signal.SIGTERM).ends_unseen(143)


def log_lines_stand_above_the_line(world):
    world.join("alice", "bob")
    alice = world.prompt("alice", "-vvv").at("alice> ").shows("logged in")
    alice.type("half")
    world.stop()
    alice.shows("offline: ").at("alice (not connected)> half").type(CTRL_C + CTRL_D).ends()


def a_refusal_ends_it_with_its_reason_and_keeps_what_was_half_typed(world):
    world.join("alice", "bob")
    alice = ready(world)
    alice.type("half typed").at("alice → bob> half typed")
    subprocess.run(
        [world.binaries + "/chatd", "user", "disable", "alice", "--data", world.scratch + "/chatd"],
        env=world.environment, check=True, capture_output=True)
    alice.ends(77)
    assert any(line.startswith("chat: ") for line in alice.screen.transcript()), alice.screen.lines()
    assert open(world.scratch + "/state/chat/alice/history").read().endswith("half typed\n")


def a_refusal_waits_for_the_editor(world):
    world.join("alice", "bob")
    program = editor(world, "slow", 'echo in the editor; read line; echo "$line" >"$1"\n')
    alice = ready(world, EDITOR=program)
    alice.type("/edit" + ENTER).shows("in the editor")
    subprocess.run(
        [world.binaries + "/chatd", "user", "disable", "alice", "--data", world.scratch + "/chatd"],
        env=world.environment, check=True, capture_output=True)
    world.until(lambda: not alice.is_connected(), "it has lost its connection")
    alice.type("written\r").ends(77)
    assert open(world.scratch + "/state/chat/alice/history").read().endswith("/edit\nwritten\n")


def a_terminal_that_can_do_nothing_is_enough(world):
    world.join("alice", "bob")
    alice = ready(world, TERM="dumb")
    alice.type("half")
    world.chat("bob", "send", "--to", "alice", "-m", "meanwhile")
    alice.shows("bob → me: meanwhile").at("alice → bob> half").type(" typed" + ENTER)
    world.until(lambda: "half typed" in world.bodies("bob", "alice"), "it was sent")
    alice.type(CTRL_D).ends()


if __name__ == "__main__":
    run(globals())
