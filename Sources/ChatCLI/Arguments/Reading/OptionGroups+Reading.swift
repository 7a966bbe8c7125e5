// The groups of options as a line gives them. Each name and each default stands in the group's declaration, too; a test
// compares what is read here with what ArgumentParser reads.

extension GlobalFlags {
    init(_ given: GivenOptions) throws {
        server = given.last("server")
        profile = given.last("profile")
        config = given.last("config")
        trust = given.last("trust")
        json = given.has("json")
        color = given.last("color")
        quiet = given.has("quiet")
        verbose = given.count("verbose")
        noInput = given.has("no-input")
        connectTimeout = try given.last("connect-timeout", OptionText.limit)
        proxy = given.last("proxy")
        keys = given.last("keys")
    }
}

extension TargetOptions {
    init(_ given: GivenOptions) throws {
        self.init()
        to = try given.all("to", OptionText.user)
        room = try given.all("room", OptionText.room)
        everyone = given.has("everyone")
    }
}

extension MessageOptions {
    /// Its words are the operands.
    init(_ given: GivenOptions) {
        self.init()
        message = given.last("message")
        words = given.operands
        standardInput = given.has("standard-input")
    }
}

extension StartOptions {
    init(_ given: GivenOptions) throws {
        self.init()
        new = given.has("new")
        since = try given.last("since", OptionText.time)
        afterCursor = try given.last("after-cursor", OptionText.cursor)
    }
}

extension FilterOptions {
    init(_ given: GivenOptions) throws {
        self.init()
        from = try given.all("from", OptionText.user)
        toMe = given.has("to-me")
        room = try given.all("room", OptionText.room)
        everyone = given.has("everyone")
    }
}

extension LimitOptions {
    init(_ given: GivenOptions) throws {
        self.init()
        count = try given.last("count", OptionText.count)
        timeout = try given.last("timeout", OptionText.limit)
        idle = try given.last("idle", OptionText.limit)
    }
}

extension HandlerOptions {
    /// Its command is the operands.
    init(_ given: GivenOptions) throws {
        self.init()
        commandTimeout = try given.last("command-timeout", OptionText.limit) ?? .seconds(300)
        retry = try given.last("retry", OptionText.retries) ?? 3
        command = given.operands
    }
}
