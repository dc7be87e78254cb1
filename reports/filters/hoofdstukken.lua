-- A reference to a chapter says "Hoofdstuk"; the renderers know one word for all headings, "Paragraaf". Runs on plain
-- Pandoc, before either of them makes a reference of `@sec-…`; a word of the writer's own stays.

local chapters = {}

local function collect(doc)
  local levels = {}
  doc:walk({
    Header = function(header)
      levels[header.identifier] = header.level
    end,
  })
  local top = math.huge
  for _, level in pairs(levels) do
    top = math.min(top, level)
  end
  for id, level in pairs(levels) do
    chapters[id] = level == top
  end
end

local function named(cite)
  for _, citation in ipairs(cite.citations) do
    if chapters[citation.id] and citation.mode == "AuthorInText" then
      citation.mode = "NormalCitation"
      citation.prefix = pandoc.Inlines("Hoofdstuk")
    end
  end
  return cite
end

return { { Pandoc = collect }, { Cite = named } }
