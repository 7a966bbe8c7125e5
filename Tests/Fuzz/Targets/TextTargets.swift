#if DEBUG || FUZZER
    import ArgumentParser
    import CLISupport
    import ChatProtocol
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
            guard let text = String(validating: input, as: UTF8.self) else { return }
            _ = try? REPLLine(text)
            _ = CommandWords.split(text)
        }

        static func words(_ input: [UInt8]) throws {
            guard let text = String(validating: input, as: UTF8.self) else { return }
            if let name = UserName(text) { try promise(name.text == text, "a name is not what it was read from") }
            _ = ConversationName(text)
            _ = Cursor(text)
            if let time = DurationText.milliseconds(text) {
                let again = DurationText.milliseconds(DurationText.text(milliseconds: time))
                try promise(again == time, "a duration is not read as it was written")
            }
            _ = TimestampText.parse(text)
            _ = TimestampText.parse(text, now: 1_800_000_000_000)
            _ = SizeText.bytes(text)
            _ = ListenAddress.parse(text)
            _ = ServerAddress(text)
            _ = TrustSetting(text)
            _ = PublicKeyPin(text)
            _ = try? PasswordHash(text)
            let line = InertText.line(text)
            try promise(InertText.line(line) == line, "what was made inert is not inert")
        }
    }
#endif
