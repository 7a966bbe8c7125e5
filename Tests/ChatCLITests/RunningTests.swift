import Glibc
import Testing

@testable import ChatCLI

@Suite struct TailBufferTests {
    private func lines(_ count: Int, limit: Int = 1 << 16, of chunks: String...) -> [String] {
        lines(count, limit: limit, of: chunks.map { (0, $0) })
    }

    private func lines(_ count: Int, limit: Int = 1 << 16, of chunks: [(stream: Int, text: String)]) -> [String] {
        var buffer = TailBuffer(lines: count, limit: limit, streams: 2)
        for chunk in chunks { buffer.append(Array(chunk.text.utf8), stream: chunk.stream) }
        return buffer.last.map { ($0.isCut ? "~" : "") + String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test func `the last lines are kept, oldest first, with or without a last newline`() {
        #expect(lines(2, of: "a\nb\nc\n") == ["b", "c"])
        #expect(lines(2, of: "a\nb\nc") == ["b", "c"])
        #expect(lines(9, of: "a\nb") == ["a", "b"])
        #expect(lines(3, of: "a\n\nb\n") == ["a", "", "b"])
        #expect(lines(1, of: "a", "b\nc", "d") == ["cd"])
    }

    @Test func `nothing but empty lines is nothing`() {
        #expect(lines(5).isEmpty)
        #expect(lines(5, of: "\n").isEmpty)
        #expect(lines(5, of: "\n\n", "\n").isEmpty)
    }

    @Test func `a line of one stream is not broken by what comes by the other`() {
        #expect(lines(5, of: [(0, "out"), (1, "error\n"), (0, "put\n")]) == ["error", "output"])
        #expect(lines(5, of: [(0, "a\nout"), (1, "err"), (0, "put\n"), (1, "or")]) == ["a", "output", "error"])
    }

    @Test func `a flood leaves its last lines`() {
        var buffer = TailBuffer(lines: 3, limit: 1000, streams: 1)
        for number in 0..<10_000 { buffer.append(Array("line \(number)\n".utf8), stream: 0) }
        #expect(
            buffer.last.map { String(decoding: $0.bytes, as: UTF8.self) } == ["line 9997", "line 9998", "line 9999"])
    }

    @Test func `of what is longer than the limit twice the end is kept`() {
        let long = String(repeating: "x", count: 5000)
        #expect(lines(2, limit: 10, of: long) == ["~xxxxxxxxxx"])
        #expect(lines(2, limit: 10, of: long, "y\nlast\n") == ["~xxxxxxxxxxy", "last"])
        // Many lines, too.
        let many = (0..<100).map { "line \($0)\n" }.joined()
        let kept = lines(1000, limit: 50, of: [(0, many), (0, many)])
        #expect(kept.last == "line 99" && kept.count < 20)
        #expect(lines(1000, limit: 10, of: "a\n", long + "\n") == ["a", "~xxxxxxxxxx"])
    }

    @Test(arguments: [1, 7, 64, 4096]) func `it does not matter in which pieces the output comes`(size: Int) {
        let whole = (0..<500).flatMap { "line \($0) \(String(repeating: "y", count: $0 % 97))\n".utf8 }
        var buffer = TailBuffer(lines: 20, limit: 4096, streams: 1)
        for start in stride(from: 0, to: whole.count, by: size) {
            buffer.append(Array(whole[start..<min(start + size, whole.count)]), stream: 0)
        }
        let wanted = whole.dropLast().split(separator: 0x0a).suffix(20).map(Array.init)
        #expect(buffer.last.map(\.bytes) == wanted)
    }
}

@Suite struct RunReportTests {
    private func text(_ end: CommandEnd, _ tail: [[UInt8]] = [], limit: Int = 65_536, isCut: Bool = false) -> String {
        RunReport(
            label: "job", end: end, duration: .seconds(133),
            tail: SeenText.lines(1000, of: tail.map { TailBuffer.Line(bytes: $0, isCut: isCut) })
        ).text(limit: limit)
    }

    @Test func `the first line says how it ended and when`() {
        #expect(text(.exited(0)) == "job: done after 2m13s")
        #expect(text(.exited(3)) == "job: exit status 3 after 2m13s")
        #expect(text(.signalled(SIGTERM)) == "job: ended by signal 15 (TERM) after 2m13s")
        #expect(text(.signalled(40)) == "job: ended by signal 40 after 2m13s")
        #expect(text(.notStarted(ENOENT)) == "job: could not be started: No such file or directory")
    }

    @Test func `the last lines stand below it`() {
        #expect(text(.exited(0), [[0x61], [], [0x62]]) == "job: done after 2m13s\na\n\nb")
    }

    @Test func `the oldest lines give way to the limit, to the byte`() {
        let first = "job: done after 2m13s"
        let lines = (0..<4).map { [UInt8](repeating: 0x61 + $0, count: 10) }
        for limit in first.utf8.count...100 {
            let text = text(.exited(0), lines, limit: limit)
            #expect(text.utf8.count <= limit || text == first + "\n…")
        }
        #expect(text(.exited(0), lines, limit: first.utf8.count + 22) == first + "\ncccccccccc\ndddddddddd")
        #expect(text(.exited(0), lines, limit: first.utf8.count + 21) == first + "\ndddddddddd")
    }

    @Test func `of a line that is too long alone the end is told`() {
        let text = text(.exited(0), [[UInt8](repeating: 0x78, count: 70_000)])
        #expect(text.utf8.count == 65_536)
        #expect(text.hasPrefix("job: done after 2m13s\n…xxx"))
        let wide = self.text(.exited(0), [Array(String(repeating: "é", count: 70_000).utf8)])
        #expect(wide.utf8.count <= 65_536 && !wide.contains("\u{fffd}"))
    }

    @Test func `what is no text is repaired, and what would act is gone`() {
        #expect(text(.exited(0), [[0x61, 0xff, 0x00, 0x62]]) == "job: done after 2m13s\na\u{fffd}\u{fffd}b")
        #expect(text(.exited(0), [Array("\u{1b}[31mred\r".utf8)]) == "job: done after 2m13s\nred")
        // Three bytes for each one.
        let binary = text(.exited(0), [[UInt8](repeating: 0xff, count: 60_000)])
        #expect(binary.utf8.count <= 65_536 && binary.utf8.count > 65_530)
    }

    @Test func `what is cut does not begin within a character`() {
        #expect(text(.exited(0), [Array("é!".utf8.dropFirst())], isCut: true) == "job: done after 2m13s\n…!")
    }

    @Test func `durations have their two largest units`() {
        let cases: [(Duration, String)] = [
            (.zero, "0ms"), (.milliseconds(450), "450ms"), (.milliseconds(999), "999ms"), (.seconds(1), "1s"),
            (.milliseconds(4999), "4s"), (.seconds(60), "1m"), (.seconds(133), "2m13s"), (.seconds(3600), "1h"),
            (.seconds(3605), "1h"), (.seconds(11_580), "3h13m"), (.seconds(187_200), "2d4h"),
            (.seconds(90_000_000), "1041d16h"), (.seconds(-5), "0ms"),
        ]
        for (duration, text) in cases { #expect(RunReport.text(duration) == text) }
    }

    @Test func `a command is called by its program's base name, in one short inert line`() {
        #expect(RunReport.label(of: "/usr/bin/nightly-backup") == "nightly-backup")
        #expect(RunReport.label(of: "backup") == "backup")
        #expect(RunReport.label(of: "bin/") == "bin")
        #expect(RunReport.label(of: "/") == "/")
        #expect(RunReport.label(of: "a\nb\u{1b}[0m") == "a^Jb^[[0m")
        #expect(RunReport.label(of: String(repeating: "x", count: 5000)).utf8.count == RunReport.labelLimit)
    }
}

@Suite struct SeenTextTests {
    private func seen(_ text: String, count: Int = 1000) -> [String] {
        var buffer = TailBuffer(lines: 1000, limit: 1 << 20, streams: 1)
        buffer.append(Array(text.utf8), stream: 0)
        return SeenText.lines(count, of: buffer.last)
    }

    @Test(arguments: [
        ("plain\n", ["plain"]), ("a\r\nb\r\n", ["a", "b"]), ("\u{1b}[1;31mred\u{1b}[0m\n", ["red"]),
        ("  1%\r 50%\r100%\n", ["100%"]), ("working...\r\u{1b}[Kdone\n", ["done"]), ("abcdef\rXY\n", ["XYcdef"]),
        ("x\u{8}y\n", ["y"]), ("a\tb\n", ["a\tb"]), ("a\tb\rXX\n", ["XX      b"]), ("99%\r   \r", []),
        ("\u{1b}]0;title\u{7}text\n", ["text"]), ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\\n", ["link"]),
        ("\u{1b}]0;no end\nnext\n", ["", "next"]), ("\u{1b}(Bx\u{1b}=y\n", ["xy"]), ("\u{9b}31mred\n", ["red"]),
        ("\u{1b}Pq#0\u{1b}\\after\n", ["after"]), ("漢字\rab\n", ["ab字"]), ("e\u{301}x\ra\n", ["ax"]),
        ("one\ntwo\n\u{1b}[2A\u{1b}[2Knew\n", ["new", "two"]), ("a\nb\nc\u{1b}[1A\r\u{1b}[J\n", ["a"]),
        ("50%\n60%\n\u{1b}[2F70%\n80%\n", ["70%", "80%"]), ("log\n\u{1b}[2J\u{1b}[Hfresh\n", ["fresh"]),
        ("before\n\u{1b}[?1049hvim\n\u{1b}[?1049lafter\n", ["before", "after"]), ("bell\u{7}\n", ["bell"]),
        ("\u{1b}7save\u{1b}8new\n", ["newe"]), ("ab\u{1b}[1Gx\n", ["xb"]), ("a\u{1b}[3Cb\n", ["a   b"]),
        ("\u{1b}[99999Cx\u{1b}[9223372036854775807Ay\n", [String(repeating: " ", count: 1000) + "xy"]),
        ("\u{1b}[\u{1b}[\u{1b}", []),
    ])
    func `it is what a person sees at the end`(text: String, lines: [String]) {
        #expect(seen(text) == lines)
    }

    @Test func `of what is seen the last lines are told`() {
        let progress = (0...100).map { "\($0)%\r" }.joined()
        #expect(seen("start\n" + progress + "\nend\n", count: 2) == ["100%", "end"])
        let redrawn = (0..<30).map { "\u{1b}[3A\u{1b}[Ja \($0)\nb \($0)\nc \($0)\n" }.joined()
        #expect(seen("1\n2\n3\n4\n" + redrawn, count: 4) == ["1", "a 29", "b 29", "c 29"])
    }

    @Test func `whatever is written, there is an end and nothing acts`() {
        var random = SystemRandomNumberGenerator()
        let pieces: [[UInt8]] = [
            [0x1b], [0x5b], [0x3b], Array("31m".utf8), Array("A".utf8), Array("2J".utf8), Array("\r\n\u{8}\t".utf8),
            Array("?1049h".utf8), Array("漢e\u{301}".utf8), [0xff], [0xc2, 0x9b], [0x00], Array("999".utf8), [0x37],
            [0x38],
        ]
        for _ in 0..<300 {
            let bytes = (0..<200).flatMap { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }
            var buffer = TailBuffer(lines: 9, limit: 100, streams: 1)
            buffer.append(bytes, stream: 0)
            for line in SeenText.lines(9, of: buffer.last) {
                #expect(!line.unicodeScalars.contains { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7f }, "\(bytes)")
            }
        }
    }
}

@Suite struct CommandEndTests {
    @Test func `we end as the command did, and as a shell would say it`() {
        #expect(CommandEnd.exited(0).ending == .status(0))
        #expect(CommandEnd.exited(255).ending == .status(255))
        #expect(CommandEnd.signalled(SIGINT).ending == .signal(SIGINT))
        #expect(CommandEnd.signalled(SIGKILL).ending == .signal(SIGKILL))
        // By the signal itself we would leave a core file, too.
        #expect(CommandEnd.signalled(SIGSEGV).ending == .status(139))
        #expect(CommandEnd.signalled(SIGQUIT).ending == .status(131))
        for number in [ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP] {
            #expect(CommandEnd.notStarted(number).ending == .status(127))
        }
        for number in [EACCES, ENOEXEC, E2BIG, ENOMEM, EAGAIN] {
            #expect(CommandEnd.notStarted(number).ending == .status(126))
        }
    }

    @Test func `only status 0 is a success`() {
        #expect(CommandEnd.exited(0).isSuccess)
        for end in [CommandEnd.exited(1), .signalled(SIGTERM), .notStarted(ENOENT)] { #expect(!end.isSuccess) }
    }

    @Test func `the words of waitpid are read`() {
        #expect(ProcessChange(waitStatus: 0) == .ended(.exited(0)))
        #expect(ProcessChange(waitStatus: 0xff00) == .ended(.exited(255)))
        #expect(ProcessChange(waitStatus: 0x0300) == .ended(.exited(3)))
        #expect(ProcessChange(waitStatus: 15) == .ended(.signalled(15)))
        // With a core file.
        #expect(ProcessChange(waitStatus: 0x8b) == .ended(.signalled(11)))
        #expect(ProcessChange(waitStatus: 0x147f) == .stopped)
        #expect(ProcessChange(waitStatus: 0xffff) == .continued)
    }
}

@Suite struct SupervisionTests {
    private static let command: pid_t = 700
    private let other = SignalOrigin.process(1)
    private func supervision(leader: Bool = false) -> Supervision {
        Supervision(process: Self.command, isSessionLeader: leader)
    }

    @Test func `what was sent to us alone is passed on`() {
        var supervision = supervision()
        for number in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT] {
            #expect(supervision.take(signal: number, from: other) == [.send(number)])
        }
        // From outside of a container the sender has no number.
        #expect(supervision.take(signal: SIGTERM, from: .process(0)) == [.send(SIGTERM)])
    }

    @Test func `what the terminal sends the command has already`() {
        var supervision = supervision()
        for number in [SIGINT, SIGQUIT, SIGTSTP, SIGHUP, SIGCONT] {
            #expect(supervision.take(signal: number, from: .kernel).isEmpty)
        }
    }

    @Test func `a terminal that hangs up tells the leader of the session alone`() {
        var supervision = supervision(leader: true)
        #expect(supervision.take(signal: SIGHUP, from: .kernel) == [.send(SIGHUP)])
        #expect(supervision.take(signal: SIGCONT, from: .kernel) == [.send(SIGCONT)])
        #expect(supervision.take(signal: SIGINT, from: .kernel).isEmpty)
    }

    @Test func `what the command sends to its group does not come back to it`() {
        var supervision = supervision()
        #expect(supervision.take(signal: SIGTERM, from: .process(Self.command)).isEmpty)
    }

    @Test func `we stop when the command has stopped, not before`() {
        var supervision = supervision()
        #expect(supervision.take(signal: SIGTSTP, from: .kernel).isEmpty)
        #expect(supervision.take(.stopped) == [.stop])
        #expect(supervision.take(.continued).isEmpty)
        // One that does not stop does not stop us.
        #expect(supervision.take(signal: SIGTSTP, from: .kernel).isEmpty)
        #expect(supervision.take(.ended(.exited(0))) == [.finish(.exited(0))])
    }

    @Test func `it does not matter what is heard of first`() {
        var supervision = supervision()
        #expect(supervision.take(.stopped).isEmpty)
        #expect(supervision.take(signal: SIGTSTP, from: .kernel) == [.stop])
        #expect(supervision.take(.continued).isEmpty)
        #expect(supervision.take(signal: SIGTSTP, from: other) == [.send(SIGTSTP)])
        #expect(supervision.take(.stopped) == [.stop])
    }

    @Test func `a command that was stopped alone may be continued alone`() {
        var supervision = supervision()
        #expect(supervision.take(.stopped).isEmpty)
        #expect(supervision.take(.continued).isEmpty)
        #expect(supervision.take(signal: SIGTSTP, from: .kernel).isEmpty)
        #expect(supervision.take(.stopped) == [.stop])
    }

    @Test func `who continues us alone continues the command, once`() {
        var supervision = supervision()
        #expect(supervision.take(signal: SIGTSTP, from: .kernel).isEmpty)
        #expect(supervision.take(.stopped) == [.stop])
        #expect(supervision.take(signal: SIGCONT, from: other) == [.send(SIGCONT)])
        #expect(supervision.take(.continued).isEmpty)
    }

    @Test func `who continues the group has continued the command`() {
        var supervision = supervision()
        #expect(supervision.take(signal: SIGTSTP, from: .kernel).isEmpty)
        #expect(supervision.take(.stopped) == [.stop])
        #expect(supervision.take(.continued).isEmpty)
        #expect(supervision.take(signal: SIGCONT, from: other).isEmpty)
        #expect(supervision.take(signal: SIGCONT, from: other) == [.send(SIGCONT)])
    }

    @Test func `a new size is there before the command is told`() {
        var supervision = supervision()
        #expect(supervision.take(signal: SIGWINCH, from: .kernel) == [.resize, .send(SIGWINCH)])
    }

    @Test func `after the end a signal ends the wait for the report, and none reaches a stranger`() {
        var supervision = supervision()
        #expect(supervision.take(.ended(.exited(3))) == [.finish(.exited(3))])
        for number in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
            #expect(supervision.take(signal: number, from: other) == [.leave(.exited(3))])
            #expect(supervision.take(signal: number, from: .kernel) == [.leave(.exited(3))])
        }
        for number in [SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH] {
            #expect(supervision.take(signal: number, from: other).isEmpty)
        }
    }
}

@Suite struct OutputPlanTests {
    private func facts(
        _ inode: UInt64, isWritable: Bool = true, isTerminal: Bool = false, offset: Int64? = nil, flags: Int32 = O_RDWR
    ) -> OutputPlan.Facts {
        OutputPlan.Facts(
            file: .init(device: 1, inode: inode, offset: offset, flags: flags), isWritable: isWritable,
            isTerminal: isTerminal)
    }

    private func plan(_ output: OutputPlan.Facts, _ errors: OutputPlan.Facts) -> [OutputPlan.Stream] {
        OutputPlan(output: (1, output), errors: (2, errors)).streams
    }

    @Test func `each output has its own way`() {
        #expect(
            plan(facts(1), facts(2))
                == [.init(descriptors: [1], isTerminal: false), .init(descriptors: [2], isTerminal: false)])
        #expect(
            plan(facts(1, isTerminal: true), facts(2))
                == [.init(descriptors: [1], isTerminal: true), .init(descriptors: [2], isTerminal: false)])
        #expect(
            plan(facts(1), facts(2, isTerminal: true))
                == [.init(descriptors: [1], isTerminal: false), .init(descriptors: [2], isTerminal: true)])
    }

    @Test func `both that end in one go together, so that their order is kept`() {
        #expect(plan(facts(1), facts(1)) == [.init(descriptors: [1, 2], isTerminal: false)])
        #expect(
            plan(facts(1, isTerminal: true), facts(1, isTerminal: true))
                == [.init(descriptors: [1, 2], isTerminal: true)])
        #expect(plan(facts(1, offset: 5), facts(1, offset: 5)).count == 1)
        // The same file, opened twice.
        #expect(plan(facts(1, offset: 5), facts(1, offset: 0)).count == 2)
        #expect(plan(facts(1, offset: 0), facts(1, offset: 0, flags: O_WRONLY | O_APPEND)).count == 2)
    }

    @Test func `what is closed is left as it is`() {
        #expect(plan(facts(1, isWritable: false), facts(2)) == [.init(descriptors: [2], isTerminal: false)])
        #expect(plan(facts(1), facts(1, isWritable: false)) == [.init(descriptors: [1], isTerminal: false)])
        #expect(plan(facts(1, isWritable: false), facts(1, isWritable: false)).isEmpty)
    }
}
