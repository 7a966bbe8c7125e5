"""Lines of the prompt from a pipe, with a real server: each function that takes the world is a law.

    script.py BINARIES SCRATCH NAME
"""

import fcntl
import json
import subprocess
import time

from terminal import PATIENCE
from world import run


def script(world, user, text, *arguments):
    """Feeds lines to a prompt without a terminal: status, output, errors."""
    done = subprocess.run(
        [world.binaries + "/chat", "--profile", user, *arguments], input=text.encode(), env=world.environment,
        capture_output=True, timeout=PATIENCE)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def its_lines_mean_what_they_mean_at_the_prompt(world):
    world.join("alice", "bob")
    status, output, errors = script(
        world, "alice", "# a remark\n\n/to BOB\nfirst\r\n//slash\n  spaced\n/dm bob second\n/all hello all\nlast")
    assert (status, output) == (0, ""), (status, output, errors)
    # Whose key that is, once; and nothing else.
    assert errors.startswith("chat: bob has the key acct1:") and errors.count("\n") == 1, errors
    assert world.bodies("bob", "alice") == ["first", "/slash", "  spaced", "second", "last"]
    assert "alice → all: hello all" in world.chat("bob", "history", "--everyone")


def text_before_a_target_is_a_usage_error_and_the_rest_is_sent(world):
    world.join("alice", "bob")
    status, _, errors = script(world, "alice", "lost\n/dm ghost x\n/dm bob sent\n")
    assert status == 64, (status, errors)
    assert "chat: line 1: nobody to write to yet" in errors and "line 2: there is no user ghost" in errors, errors
    assert world.bodies("bob", "alice") == ["sent"]


def history_has_what_was_sent_before_it(world):
    world.join("alice", "bob")
    status, output, errors = script(world, "alice", "/to bob\none\ntwo\n/history 2\n")
    assert status == 0, errors
    assert [line.split(": ")[-1] for line in output.splitlines()] == ["one", "two"], output


def with_e_it_stops_at_the_first_line_that_fails(world):
    world.join("alice", "bob")
    status, _, errors = script(world, "alice", "/dm bob one\n/dm ghost x\n/dm bob two\n", "-e")
    assert status == 67, (status, errors)
    assert world.bodies("bob", "alice") == ["one"]


def each_bad_line_has_its_status_and_its_number(world):
    world.join("alice", "bob")
    for text, expected, words in [
        ("/foo\n", 64, "line 1: there is no command '/foo'"),
        ("/dm bob x\n/edit\n", 64, "line 2: /edit needs a terminal"),
        ("/all " + "x" * 65537 + "\n", 65, "65536"),
        ("/all " + "x" * 100000 + "\n/who\n", 65, "65536"),
        ("/dm me x\n", 64, "line 1: 'me' is no user's name"),
        ("/reply x\n", 64, "line 1: no message has come yet"),
    ]:
        status, _, errors = script(world, "alice", text)
        assert status == expected and words in errors, (text[:40], status, errors)
    done = subprocess.run(
        [world.binaries + "/chat", "--profile", "alice"], input=b"/dm bob \xff\n", env=world.environment,
        capture_output=True, timeout=PATIENCE)
    assert done.returncode == 65 and b"not UTF-8" in done.stderr, done


def it_waits_for_every_acknowledgement_before_it_ends(world):
    world.join("alice", "bob")
    lines = [f"message {number}" for number in range(2000)]
    status, _, errors = script(world, "alice", "/to bob\n" + "\n".join(lines) + "\n")
    assert status == 0, errors
    assert world.bodies("bob", "alice") == lines


def it_goes_on_printing_for_as_long_as_it_lingers(world):
    world.join("alice", "bob")
    begin = time.monotonic()
    process = subprocess.Popen(
        [world.binaries + "/chat", "--profile", "alice", "--linger", "10s"], env=world.environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdin.write("/dm bob ping\n")
    process.stdin.close()
    world.until(lambda: world.bodies("bob", "alice") == ["ping"], "it was sent")
    world.chat("bob", "send", "--to", "alice", "-m", "pong")
    output = process.stdout.read()
    assert process.wait(PATIENCE) == 0 and "bob → me: pong" in output, output
    assert time.monotonic() - begin >= 10
    # What it printed was shown.
    assert "pong" not in script(world, "alice", "/help\n", "--linger", "1s")[1]


def whoever_reads_a_message_may_answer_it_at_once(world):
    world.join("alice", "bob")
    process = subprocess.Popen(
        [world.binaries + "/chat", "--profile", "alice"], env=world.environment, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
    fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
    world.chat("bob", "send", "--to", "alice", "-m", "why? " + "x" * 60000)
    # The line has begun, and has no room to end.
    assert process.stdout.read(1)
    process.stdin.write(b"/reply therefore\n")
    process.stdin.close()
    world.until(lambda: "therefore" in world.bodies("bob", "alice"), "the answer is there")
    process.stdout.read()
    assert process.wait(PATIENCE) == 0, process.stderr.read()


def a_reply_answers_whoever_wrote_last_also_what_was_missed(world):
    world.join("alice", "bob", "carol")
    world.chat("carol", "send", "--to", "alice", "-m", "fetched already")
    world.chat("alice", "history", "--sync")
    world.chat("bob", "send", "--to", "alice", "-m", "ship it?")
    status, _, errors = script(world, "alice", "/reply yes\n")
    assert status == 0, errors
    assert world.bodies("bob", "alice") == ["ship it?", "yes"]


def quit_ends_it_like_the_end_of_the_input(world):
    world.join("alice", "bob")
    status, _, errors = script(world, "alice", "/dm bob before\n/quit\n/dm bob after\n")
    assert status == 0, errors
    assert world.bodies("bob", "alice") == ["before"]


def without_a_server_it_fails_once_and_at_once(world):
    world.join("alice", "bob")
    world.stop()
    begin = time.monotonic()
    status, output, errors = script(world, "alice", "/dm bob one\n/dm bob two\n/history\n")
    assert status == 69 and output == "", (status, output, errors)
    assert len(errors.splitlines()) == 1, errors
    # No message waits for its time to be over.
    assert time.monotonic() - begin < 30


def lines_outlast_a_server_that_goes_and_comes_back(world):
    world.join("alice", "bob")
    process = subprocess.Popen(
        [world.binaries + "/chat", "--profile", "alice"], env=world.environment, stdin=subprocess.PIPE,
        stderr=subprocess.PIPE)
    process.stdin.write(b"/to bob\none\n")
    process.stdin.flush()
    world.until(lambda: world.bodies("bob", "alice") == ["one"], "the first is there")
    world.stop()
    process.stdin.write(b"two\nthree\n")
    process.stdin.close()
    # The first line tells whose key it is.
    errors = process.stderr.readline().decode()
    assert "has the key" in errors, errors
    errors = process.stderr.readline().decode()
    assert "trying again" in errors or "connection" in errors, errors
    world.start()
    errors += process.stderr.read().decode()
    assert process.wait(PATIENCE) == 0, errors
    assert world.bodies("bob", "alice") == ["one", "two", "three"]


def with_json_there_is_nothing_but_data_on_standard_output(world):
    world.join("alice", "bob")
    world.chat("bob", "send", "--to", "alice", "-m", "hi")
    status, output, errors = script(
        world, "alice", "/dm bob one\n/dm ghost x\n/who\n/users\n/help\n/history\n", "--json", "-vv", "--linger", "1s")
    assert status == 67, errors
    lines = [json.loads(line) for line in output.splitlines()]
    assert {line["v"] for line in lines} == {1}
    heads = [line["head"] for line in lines]
    assert heads.count("ack") == 2 and "dm" in heads and heads.count("user") >= 3, heads
    acknowledgements = {line["conv"]: line for line in lines if line["head"] == "ack"}
    assert acknowledgements["@bob"]["status"] == "accepted" and acknowledgements["@ghost"]["code"] == "no_such_user"


def a_reader_that_goes_away_ends_it_quietly(world):
    world.join("alice", "bob")
    for number in range(3):
        world.chat("bob", "send", "--to", "alice", "-m", f"line {number}")
    done = subprocess.run(
        ["/bin/bash", "-c", f"sleep 20 | {world.binaries}/chat --profile alice | head -n 1; exit ${{PIPESTATUS[1]}}"],
        env=world.environment, capture_output=True, timeout=PATIENCE)
    assert done.returncode == 141 and done.stderr == b"", done


if __name__ == "__main__":
    run(globals())
