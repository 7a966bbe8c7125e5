#if DEBUG || FUZZER
    import CLISupport

    @testable import ChatClient
    @testable import ChatServer

    enum FileTargets {
        static func configuration(_ input: [UInt8]) {
            _ = try? KnownServers(parsing: input, file: "known_servers")
            _ = try? KeyLines(parsing: input, file: "keys", code: .invalidData)
            guard let file = try? Configuration(parsing: input, file: "config.toml") else { return }
            _ = try? ServerConfiguration(file: file)
            _ = try? ClientSettings(
                flags: SettingsFlags(), environment: Environment(bytes: { _ in nil }),
                paths: Paths(configuration: "/c", data: "/d", state: "/s"), file: file)
        }

        /// A table comes to the same, whether it comes at once or byte by byte.
        static func tables(_ input: [UInt8]) throws {
            let whole = items([input])
            try promise(whole == items(input.map { [$0] }), "a table is read otherwise when it comes in pieces")
        }

        private static func items(_ pieces: [[UInt8]]) -> [UserImport.Item]? {
            var table = UserImport()
            var items: [UserImport.Item] = []
            do {
                for piece in pieces { items += try table.append(piece) }
                items += try table.finish()
            } catch { return nil }
            return items
        }

        static func identity(_ input: [UInt8]) throws {
            guard let identity = try? IdentityFile(parsing: input, file: "identity") else { return }
            let again = try? IdentityFile(parsing: identity.bytes, file: "identity")
            try promise(again == identity, "an identity is not read as it was written")
        }
    }
#endif
