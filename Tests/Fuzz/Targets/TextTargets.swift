#if DEBUG || FUZZER
    import ArgumentParser
    import CLISupport
    import ChatProtocol
    import GroupRules
    import Transport

    @testable import ChatCLI
    @testable import ChatClient
    @testable import ChatServer

    enum TextTargets {
        static func json(_ input: [UInt8]) throws {
            if let value = try? JSONValue(parsing: input) {
                let text = value.text
                try promise((try? JSONValue(parsing: text)) == value, "JSON is not read as it was written")
                try promise(!text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }), "JSON is written on several lines")
            }
            _ = RPCInput(.bytes(input))
            _ = try? JSONMessageLine.message(input)
            if let reply = AdminReply(input) {
                try promise(AdminReply(Array(reply.json.text.utf8)) == reply, "a reply is not read as written")
            }
            if let request = AdminRequest(input) {
                try promise(AdminRequest(Array(request.json.text.utf8)) != nil, "a request is not read as written")
            }
        }

        /// Words between NUL bytes, as in /proc/PID/cmdline.
        static func arguments(_ input: [UInt8]) throws {
            guard let text = String(validating: input, as: UTF8.self) else { return }
            let words = text.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
            serverArguments(words)
            guard let line = try? ArgumentLine(words), line.wish == .run else { return }
            let isParsed = (try? line.command.parse(line.given.canonical)) != nil
            let isRead = (try? line.command.runnable?.read(line.given)) != nil
            try promise(isParsed || !isRead, "a line is taken that ArgumentParser refuses")
        }

        /// `chatd`'s, and the words by which a command line that cannot be read is refused.
        private static func serverArguments(_ words: [String]) {
            do { _ = try ChatServer.RootCommand.parseAsRoot(words) } catch {
                _ = ChatServer.RootCommand.exitCode(for: error)
                _ = ParserMessage.sentence(ChatServer.RootCommand.message(for: error), arguments: words)
            }
        }

        static func prompt(_ input: [UInt8]) throws {
            let lines = HistoryText.decode(input)
            for line in lines where HistoryText.keeps(line, after: nil) {
                try promise(HistoryText.decode(HistoryText.encode(line)) == [line], "a line is not kept as it was")
            }
            _ = HistoryText.trimmed(input)
            try paste(input)
            guard let text = String(validating: input, as: UTF8.self) else { return }
            _ = try? REPLLine(text)
            _ = CommandWords.split(text)
        }

        /// A paste is what it was, whether it comes at once or byte by byte, and also when it is folded.
        private static func paste(_ input: [UInt8]) throws {
            var (whole, pieces) = (BracketedPaste(limit: 256), BracketedPaste(limit: 256))
            var rest = (input + BracketedPaste.endMark)[...]
            let sent = rest
            try promise(whole.take(&rest), "a paste does not end at its mark")
            for byte in sent.dropLast(rest.count) {
                var one = [byte][...]
                _ = pieces.take(&one)
            }
            try promise(whole.outcome == pieces.outcome, "a paste is another when it comes in pieces")
            guard case .text(let text) = whole.outcome else { return }
            var folder = PasteFolder()
            let shown = folder.fold(text, onto: [], rows: 4, columns: 8)
            try promise(folder.unfold(shown) == text, "a folded paste is not what was pasted")
        }

        /// What is told of a command's output are lines that do nothing to a terminal, and no more than are wanted.
        static func output(_ input: [UInt8]) throws {
            var tail = TailBuffer(lines: 20, limit: 4 << 10, streams: 1)
            tail.append(input, stream: 0)
            let lines = SeenText.lines(20, of: tail.last)
            try promise(lines.count <= 20, "more lines are told than were asked for")
            for line in lines {
                try promise(!line.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }, "a line holds a control")
            }
        }

        static func words(_ input: [UInt8]) throws {
            guard let text = String(validating: input, as: UTF8.self) else { return }
            if let name = UserName(text) { try promise(name.text == text, "a name is not what it was read from") }
            _ = ConversationName(text)
            _ = Cursor(text)
            if let time = DurationText.duration(text) {
                let again = DurationText.duration(DurationText.text(time))
                try promise(again == time, "a duration is not read as it was written")
            }
            _ = TimestampText.parse(text)
            _ = TimestampText.parse(text, now: 1_800_000_000_000)
            _ = SizeText.bytes(text)
            _ = ListenAddress.parse(text)
            _ = ServerAddress(text)
            _ = TrustSetting(text)
            _ = MetricsAddress.parse(text)
            _ = Proxy(url: text)
            _ = KeepPolicy(text)
            _ = RoomName(text)
            if let fingerprint = AccountFingerprint(text) {
                try promise(AccountFingerprint("\(fingerprint)") == fingerprint, "a fingerprint is not read as written")
            }
            _ = PublicKeyPin(text)
            _ = try? PasswordHash(text)
            let line = InertText.line(text)
            try promise(InertText.line(line) == line, "what was made inert is not inert")
        }
    }
#endif
