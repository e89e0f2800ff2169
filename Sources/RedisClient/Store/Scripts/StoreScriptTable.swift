// The scripts in Lua 5.1, as the servers run them, and their SHA-1; data, any thread.
//
// Each script changes an entry, takes the partition's next revision and appends its event, all or
// nothing. What could refuse comes first: `#!lua` alone lets a server without memory refuse the
// whole script before it begins, `allow-oom` lets those begin that make room, or that must tell
// others that something was removed.
//
// The common KEYS are: 1 revision hash, 2 log, 3 entry, 4 lease (not where keys have no leases).
// The common ARGV: 1 the event's body (empty: no revision and no event), 2 the length of the log,
// 3 eight random bytes for a new epoch and the time in eight more (milliseconds since 1970;
// without an event: the version), 4 the channel. Every argument costs the server a tenth of a
// microsecond: what is rarely needed is packed together or left out at the end.

extension StoreScript {
    /// Takes a revision and appends the event: `rev` is the version of the change.
    ///
    /// The epoch is missing when the hash is new or was evicted; the log refuses an id that is not
    /// beyond its last when the hash was lost and restored without it. Either way continuity is
    /// lost: a new epoch begins, at a revision that no earlier one can have reached, for it
    /// starts from the clock. Foreign bytes in hash or log are replaced in the same way; any other
    /// refusal ends the script before it has changed anything.
    private static let take = """
        local rev, mark
        if ARGV[1] == '' then
          mark = string.sub(ARGV[3], 9)
          rev = struct.unpack('<I8', mark)
        else
          rev = redis.pcall('HINCRBY', KEYS[1], 'rev', 1)
          local epoch = redis.pcall('HGET', KEYS[1], 'epoch')
          local added = epoch and #epoch == 8
            and redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], rev, 'b', ARGV[1])
          if not added or added.err then
            for _, answer in pairs({rev, epoch, added}) do
              local fault = type(answer) == 'table' and answer.err
              if fault and not (string.find(fault, 'WRONGTYPE') or string.find(fault, 'XADD')
                or string.find(fault, 'hash value') or string.find(fault, 'overflow')
                or string.find(fault, 'stream ID') or string.find(fault, 'must be strings')) then
                return answer
              end
            end
            local clock = struct.unpack('<I8', ARGV[3], 9)
            if type(rev) == 'table' or rev < clock then rev = clock end
            epoch = string.sub(ARGV[3], 1, 8)
            redis.call('DEL', KEYS[1], KEYS[2])
            redis.call('HSET', KEYS[1], 'epoch', epoch, 'rev', rev)
            redis.call('XADD', KEYS[2], rev, 'b', ARGV[1])
          end
          mark = struct.pack('<I8', rev)
          redis.call('SPUBLISH', ARGV[4], epoch .. mark .. ARGV[1])
        end
        """

    /// Reads the entry: `current` is its version, 0 where there is none or its bytes are foreign.
    private static let standing = """
        local head = redis.pcall('GETRANGE', KEYS[3], 0, 55)
        local current = 0
        if type(head) == 'string' and #head == 56 and string.sub(head, 1, 3) == 'CM\\1' then
          local kind = struct.unpack('<I2', head, 5)
          local tags, metadata, payload = struct.unpack('<I4I4I4', head, 41)
          if 56 + kind + tags + metadata + payload == redis.call('STRLEN', KEYS[3]) then
            current = struct.unpack('<I8', head, 9)
          end
        end
        """

    /// ARGV 5 and 6 the envelope before and behind its revision, or nothing and the whole; 7 the
    /// life time in milliseconds; where there is one, 8 the condition (`a` absent, `p` present, 8
    /// bytes: that version), 9 the lease.
    ///
    /// Redis's Lua hashes every byte of every string it makes: a large envelope is not joined to
    /// its revision but stored as it came and then corrected.
    private static let setText = """
        #!lua
        if ARGV[8] then
        \(standing)
          if ARGV[9] and redis.pcall('GET', KEYS[4]) ~= ARGV[9] then return {4, current} end
          if ARGV[8] == 'a' then
            if current ~= 0 then return {1, current} end
          elseif ARGV[8] ~= '' then
            if current == 0 then return {2, 0} end
            if ARGV[8] ~= 'p' and ARGV[8] ~= string.sub(head, 9, 16) then return {3, current} end
          end
        end
        \(take)
        local bytes = ARGV[6]
        if ARGV[5] ~= '' then bytes = ARGV[5] .. mark .. bytes end
        if ARGV[7] == '' then
          redis.call('SET', KEYS[3], bytes)
        else
          redis.call('SET', KEYS[3], bytes, 'PX', ARGV[7])
        end
        if ARGV[5] == '' then redis.call('SETRANGE', KEYS[3], 8, mark) end
        if KEYS[4] then redis.call('DEL', KEYS[4]) end
        return rev
        """

    /// ARGV 5, where there is one, the condition (8 bytes: that version).
    private static let removeText = """
        #!lua flags=allow-oom
        if ARGV[5] then
        \(standing)
          if current == 0 then return {2, 0} end
          if ARGV[5] ~= string.sub(head, 9, 16) then return {3, current} end
        end
        \(take)
        local existed = redis.call('DEL', KEYS[3])
        if KEYS[4] then redis.call('DEL', KEYS[4]) end
        return {0, rev, existed}
        """

    /// ARGV 5 the new expiry as the envelope has it (8 bytes), 6 the life time in
    /// milliseconds.
    private static let touchText = """
        #!lua
        \(standing)
        if current == 0 then return 0 end
        \(take)
        redis.call('SETRANGE', KEYS[3], 8, mark .. string.sub(head, 17, 24) .. ARGV[5])
        if ARGV[6] == '' then
          redis.call('PERSIST', KEYS[3])
        else
          redis.call('PEXPIRE', KEYS[3], ARGV[6])
        end
        return rev
        """

    private static let announceText = """
        #!lua flags=allow-oom
        \(take)
        return rev
        """

    /// KEYS 1 revision hash, 2 log. ARGV 1 the server's replication id, 2 eight random bytes, 3 the
    /// time, 4 and 5 the epoch and the revision that the caller knows (both may be empty).
    private static let adoptText = """
        #!lua flags=allow-oom
        local held = redis.pcall('HMGET', KEYS[1], 'home', 'epoch', 'rev')
        if held.err then
          if not string.find(held.err, 'WRONGTYPE') then return held end
          held = {}
        end
        local rev = tonumber(held[3] or '')
        if not (rev and rev >= 0 and rev < 9007199254740991) then rev = nil end
        local known = tonumber(ARGV[5]) or 0
        if rev and held[1] == ARGV[1] and held[2] and #held[2] == 8
          and not (held[2] == ARGV[4] and known > rev) then
          return {held[2], rev}
        end
        rev = math.max(rev or 0, known, tonumber(ARGV[3]))
        redis.call('DEL', KEYS[1], KEYS[2])
        redis.call('HSET', KEYS[1], 'home', ARGV[1], 'epoch', ARGV[2], 'rev', rev)
        return {ARGV[2], rev}
        """

    /// KEYS 1 lease. ARGV 1 its token.
    private static let releaseText = """
        #!lua flags=allow-oom
        if redis.pcall('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
        return 0
        """

    /// KEYS 1 a key of nobody. ARGV 1 a channel. Answers the commands that the user may not run.
    private static let probeText = """
        #!lua flags=allow-oom
        local denied = {}
        local function try(command, ...)
          local answer = redis.pcall(command, ...)
          local fault = type(answer) == 'table' and answer.err
          if fault
            and (string.find(fault, 'user executing') or string.find(fault, 'permission')) then
            table.insert(denied, command)
          end
        end
        local key = KEYS[1]
        try('DEL', key)
        try('HINCRBY', key, 'rev', 1)
        try('HGET', key, 'rev')
        try('HMGET', key, 'rev')
        try('HSET', key, 'rev', 1)
        redis.pcall('DEL', key)
        try('XADD', key, 'MAXLEN', '~', 1, 1, 'b', '')
        redis.pcall('DEL', key)
        try('SET', key, '', 'PX', 60000)
        try('GET', key)
        try('STRLEN', key)
        try('GETRANGE', key, 0, 1)
        try('SETRANGE', key, 0, 'x')
        try('PEXPIRE', key, 60000)
        try('PERSIST', key)
        try('UNLINK', key)
        try('SCAN', 0, 'COUNT', 1)
        try('SPUBLISH', ARGV[1], '')
        return denied
        """

    /// The script's text.
    package var text: String {
        switch self {
        case .set: Self.setText
        case .remove: Self.removeText
        case .touch: Self.touchText
        case .announce: Self.announceText
        case .adopt: Self.adoptText
        case .release: Self.releaseText
        case .probe: Self.probeText
        }
    }

    /// The SHA-1 of the text, which a server knows it by; a test has a server compute it.
    var digest: String {
        switch self {
        case .set: "0bde906bd5d3d14b8f53a75d17817523b4de2718"
        case .remove: "b6840e87ee967e85a563ec3d6345f17f26befdd6"
        case .touch: "23ff3013aa3141f98c0a421f401759fcedaa0cae"
        case .announce: "42a5b97477c4b45667b11dadf71f5356401c28c5"
        case .adopt: "f3c21fb434405aac9e1a0f8a8e0be3173d08e36f"
        case .probe: "4194e855571ef837f2d1989f7c9110ff33c10377"
        case .release: "ef0fa198f958558205689e1a8d27b6297ae1d574"
        }
    }
}
