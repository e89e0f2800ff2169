// Owns one pass over the settings: it fills in values and collects every problem on the way.

import Configuration
import RedisClient

/// The values as they grow, layer over layer, with what is wrong so far.
struct SettingsPass {
    let arguments: SettingsArguments
    private(set) var values = Settings()
    private(set) var sources: [String: SettingSource] = [:]
    private(set) var problems: [SettingsProblem]
    private(set) var warnings: [String] = []

    private let environment: EnvironmentVariablesProvider
    private let environmentNames: [String]

    init(inputs: SettingsInputs) {
        arguments = SettingsArguments(inputs.arguments)
        problems = arguments.problems
        environment = EnvironmentVariablesProvider(environmentVariables: inputs.environment)
        environmentNames = inputs.environment.keys.sorted()
    }

    /// Reads all layers, lowest first, so that the last one that has a value wins.
    mutating func read(_ file: SettingsFile?) {
        problems += file?.problems ?? []
        for row in SettingsTable.rows {
            if let file { readFile(file, row) }
            readEnvironment(row)
            if row.key == RedisVariables.setting { readRedisVariables(row) }
            readFlag(row)
        }
        if let file {
            readPools(file)
            readNamespaces(file)
        }
        warnAboutUnknownVariables()
        if problems.isEmpty { problems = SettingsLimits.problems(values, sources) }
        warnings += SharedLevelLimits.warnings(values, sources)
    }
}

extension SettingsPass {
    private mutating func readFile(
        _ file: SettingsFile, _ row: SettingDefinition<Settings>
    ) {
        guard let text = text(in: file.provider, [row.key]) else { return }
        apply(row, text, from: file.source(of: [row.key]))
    }

    /// Takes the one value that all set names of a setting agree on.
    private mutating func readEnvironment(_ row: SettingDefinition<Settings>) {
        // An empty variable counts as unset: that is how compose files leave one out.
        let given = row.environment.compactMap { name -> (name: String, text: String)? in
            let key = AbsoluteConfigKey([name])
            guard let text = text(in: environment, key.components), !text.isEmpty else {
                return nil
            }
            return (name, text)
        }
        for (name, text) in given {
            let before = values
            apply(row, text, from: .environment(name: name))
            guard name != given[0].name, !row.isSame(before, values) else { continue }
            report(
                row.key, row.redact(text), .environment(name: name),
                "contradicts \(given[0].name); set one of them")
        }
    }

    /// Takes what the variables say of which each names one part of a server's address.
    private mutating func readRedisVariables(_ row: SettingDefinition<Settings>) {
        var texts: [String: String] = [:]
        for name in RedisVariables.names { texts[name] = text(in: environment, [name]) }
        let isGiven = if case .environment = sources[RedisVariables.setting] { true } else { false }
        // A flag without a value has a problem of its own.
        let flag = try? arguments.text(of: row.flagName)
        var variables = RedisVariables(
            texts, url: values.redisURL, isFromEnvironment: isGiven, isOverridden: flag != nil)
        variables.read()
        problems += variables.problems
        warnings += variables.warnings
        values.redisURL = variables.url
        if let source = variables.source { sources[RedisVariables.setting] = source }
    }

    private mutating func readPools(_ file: SettingsFile) {
        let codec = SettingCodec<RedisURL>.redisURL()
        for name in file.pools {
            let path = [SettingsTable.poolsKey, name]
            guard let text = text(in: file.provider, path) else { continue }
            let source = file.source(of: path)
            let setting = path.joined(separator: ".")
            if let url = codec.parse(text) {
                values.redisPools[name] = url
                sources[setting] = source
            } else {
                let complaint = codec.complaint(text) ?? "is no URL"
                report(
                    setting, codec.redact(text), source, "\(complaint); allowed: \(codec.allowed)")
            }
        }
    }

    private mutating func readFlag(_ row: SettingDefinition<Settings>) {
        do {
            guard let text = try arguments.text(of: row.flagName) else { return }
            apply(row, text, from: .flag(name: row.flag))
        } catch {
            report(row.key, nil, .flag(name: row.flag), "needs one value; allowed: \(row.allowed)")
        }
    }

    private mutating func readNamespaces(_ file: SettingsFile) {
        for (name, _) in file.namespaces {
            var namespace = NamespaceSettings()
            for row in SettingsTable.namespaceRows {
                let path = [SettingsTable.namespacesKey, name, row.key]
                guard let text = text(in: file.provider, path) else { continue }
                let setting = path.joined(separator: ".")
                let source = file.source(of: path)
                if row.write(&namespace, text) {
                    sources[setting] = source
                } else {
                    problems.append(row.refusal(of: text, from: source, setting: setting))
                }
            }
            values.namespaces[name] = namespace
        }
    }

    private mutating func apply(
        _ row: SettingDefinition<Settings>, _ text: String, from source: SettingSource
    ) {
        if row.write(&values, text) {
            sources[row.key] = source
        } else {
            problems.append(row.refusal(of: text, from: source))
        }
    }

    private mutating func report(
        _ setting: String, _ value: String?, _ source: SettingSource, _ advice: String
    ) {
        problems.append(
            SettingsProblem(setting: setting, value: value, source: source, advice: advice))
    }

    /// The text at `keys`; every layer but the command line holds nothing but text.
    private func text(in provider: some ConfigProvider, _ keys: [String]) -> String? {
        guard let found = try? provider.value(forKey: AbsoluteConfigKey(keys), type: .string),
            case .string(let text) = found.value?.content
        else { return nil }
        return text
    }

    /// A misspelled variable is only a warning: Kubernetes itself sets variables with the
    /// prefix of a service's name, and those must not stop a start.
    private mutating func warnAboutUnknownVariables() {
        let known = SettingsTable.rows.flatMap(\.environment) + [SettingsLoader.fileVariable]
        // The last two are for cachectl and for the tests.
        let others = ["SERVICE_", "PORT", "SERVER", "BIN"]
        let injected = others.map { SettingsTable.variablePrefix + $0 }
        for name in environmentNames where name.hasPrefix(SettingsTable.variablePrefix) {
            guard !known.contains(name), !injected.contains(where: name.hasPrefix) else { continue }
            let near = NearestName.suggestion(for: name, among: known)
            warnings.append("environment variable \(name) sets nothing" + near)
        }
    }
}
