// The commands that scripts run in loops, as a line gives them, without the options of every command. What a test compares stands in `OptionGroups+Reading`.

extension RootCommand {
    static func read(_ given: GivenOptions) throws -> Self? {
        try given.checkNoOperands()
        var command = Self()
        command.stopAtFailure = given.has("e")
        command.linger = try given.last("linger", OptionText.duration) ?? .zero
        return command
    }
}

extension SendCommand {
    static func read(_ given: GivenOptions) throws -> Self? {
        var command = Self()
        command.targets = try TargetOptions(given)
        command.body = MessageOptions(given)
        command.lines = given.has("lines")
        command.jsonl = given.has("jsonl")
        command.id = try given.last("id", OptionText.key)
        command.replyTo = try given.last("reply-to", OptionText.message)
        command.wait = try given.last("wait", OptionText.wait) ?? .accepted
        command.timeout = try given.last("timeout", OptionText.duration) ?? .seconds(30)
        command.queue = given.has("queue")
        command.expires = try given.last("expires", OptionText.duration)
        return command
    }
}

extension AskCommand {
    static func read(_ given: GivenOptions) throws -> Self? {
        var command = Self()
        command.to = try given.all("to", OptionText.user)
        command.room = try given.all("room", OptionText.room)
        command.choice = given.all("choice")
        command.question = MessageOptions(given)
        command.id = try given.last("id", OptionText.key)
        command.timeout = try given.last("timeout", OptionText.limit) ?? .seconds(600)
        return command
    }
}

extension RunCommand {
    static func read(_ given: GivenOptions) throws -> Self? {
        var command = Self()
        command.targets = try TargetOptions(given)
        command.onFailure = given.has("on-failure")
        command.tail = try given.last("tail", OptionText.tailLines)
        command.label = try given.last("label", OptionText.label)
        command.queue = given.has("queue")
        command.expires = try given.last("expires", OptionText.duration)
        command.timeout = try given.last("timeout", OptionText.limit) ?? .seconds(30)
        command.id = try given.last("id", OptionText.key)
        command.command = given.operands
        return command
    }
}

extension ListenCommand {
    static func read(_ given: GivenOptions) throws -> Self? {
        var command = Self()
        command.start = try StartOptions(given)
        command.resume = try given.last("resume", OptionText.name)
        command.filter = try FilterOptions(given)
        command.own = given.has("own")
        command.meta = given.has("meta")
        command.markRead = given.has("mark-read")
        command.patient = given.has("patient")
        command.limits = try LimitOptions(given)
        command.noFollow = given.has("no-follow")
        command.handling = try HandlerOptions(given)
        return command
    }
}

extension ReplyCommand {
    static func read(_ given: GivenOptions) throws -> Self? {
        var command = Self()
        command.allow = try given.all("allow", OptionText.user)
        command.allowAnyone = given.has("allow-anyone")
        command.resume = try given.last("resume", OptionText.name)
        command.start = try StartOptions(given)
        command.filter = try FilterOptions(given)
        command.patient = given.has("patient")
        command.limits = try LimitOptions(given)
        command.handling = try HandlerOptions(given)
        command.jobs = try given.last("jobs", OptionText.jobs) ?? 1
        return command
    }
}

extension RPCCommand {
    static func read(_ given: GivenOptions) throws -> Self? {
        try given.checkNoOperands()
        return Self()
    }
}

extension HistoryCommand {
    static func read(_ given: GivenOptions) throws -> Self? {
        try given.checkNoOperands()
        var command = Self()
        command.with = try given.last("with", OptionText.user)
        command.room = try given.last("room", OptionText.room)
        command.everyone = given.has("everyone")
        command.id = try given.last("id", OptionText.message)
        command.limit = try given.last("limit", OptionText.count) ?? 50
        command.since = try given.last("since", OptionText.time)
        command.until = try given.last("until", OptionText.time)
        command.search = given.last("search")
        command.sync = given.has("sync")
        return command
    }
}

extension WhoCommand {
    static func read(_ given: GivenOptions) throws -> Self? {
        try given.checkNoOperands()
        var command = Self()
        command.users = given.has("users")
        command.wait = try given.last("wait", OptionText.user)
        command.timeout = try given.last("timeout", OptionText.limit)
        command.watch = given.has("watch")
        return command
    }
}

extension UnreadCommand {
    static func read(_ given: GivenOptions) throws -> Self? {
        try given.checkNoOperands()
        var command = Self()
        command.count = given.has("count")
        command.watch = given.has("watch")
        return command
    }
}
