#if DEBUG || FUZZER
    /// The parsers of what comes from outside. Each takes any bytes, returns, and keeps what it promises of them; what is
    /// broken is thrown, but for what ends the process.
    ///
    /// Kept inputs lie in `Tests/Fuzz/Inputs`, a folder a target. They run in `make test`; `make fuzz` goes on from them.
    package enum FuzzTarget: String, CaseIterable, Sendable {
        /// What a server or a client reads from its peer.
        case frames
        /// What a server tells a device unasked, down to the device's store.
        case events
        case content
        /// What peers say to a server's hub, from strangers to those who have subscribed.
        case hub
        /// What a server says to a client's link, from its hello to its end.
        case link
        /// JSON, and what is said by it: lines of `send --jsonl`, `rpc`, and the control socket.
        case json
        /// The configurations of both programs, the file of known servers, and a file of users' keys.
        case configuration
        /// A table of users, for `chatd user import`.
        case tables
        /// A device's identity in a file.
        case identity
        /// The command lines of both programs.
        case arguments
        /// Lines of the prompt, its history file, and what is pasted.
        case prompt
        /// What a command writes that `chat run` tells the end of.
        case output
        /// Names, times, addresses: small texts within all of these.
        case words
        /// What comes before TLS, from proxies and from strangers, and the certificates for it.
        case security
        /// Groups: the first byte says which part.
        case mls
        /// Chains of accounts, certificates, policies: the first byte says which part.
        case rules
        /// A backup, and a device's store, whose rows or bytes are not what they should be.
        case stores

        /// Inputs to begin with that are made anew each time; the others are kept in files.
        package func seeds() throws -> [[UInt8]] {
            switch self {
            case .mls: try MLSWorld().seeds()
            case .link: LinkTarget.seeds()
            case .hub: try HubTarget.Talk.seeds()
            case .security: try SecurityTarget.seeds()
            case .stores: StoreTarget.seeds()
            default: []
            }
        }

        package func run(_ input: [UInt8]) throws {
            switch self {
            case .frames: try FrameTargets.frames(input)
            case .events: try EventTarget.events(input)
            case .link: try LinkTarget.link(input)
            case .hub: try HubTarget.hub(input)
            case .content: try FrameTargets.content(input)
            case .json: try TextTargets.json(input)
            case .configuration: FileTargets.configuration(input)
            case .tables: try FileTargets.tables(input)
            case .identity: try FileTargets.identity(input)
            case .arguments: try TextTargets.arguments(input)
            case .prompt: try TextTargets.prompt(input)
            case .output: try TextTargets.output(input)
            case .words: try TextTargets.words(input)
            case .security: try SecurityTarget.security(input)
            case .mls: try MLSTarget.run(input)
            case .rules: try RulesTarget.run(input)
            case .stores: try StoreTarget.stores(input)
            }
        }
    }

    package struct BrokenPromise: Error, CustomStringConvertible {
        package let description: String
        init(_ description: String) { self.description = description }
    }

    func promise(_ holds: Bool, _ words: @autoclosure () -> String) throws {
        if !holds { throw BrokenPromise(words()) }
    }
#endif
