-- A reference to a chapter says "Hoofdstuk"; the renderers know one word for all headings, "Paragraaf". Runs on plain
-- Pandoc, before either of them makes a reference of `@sec-…`; a word of the writer's own stays.

local chapters = {}

local function collect(doc)
  local top
  doc:walk({
    Header = function(header)
      top = math.min(top or header.level, header.level)
    end,
  })
  doc:walk({
    Header = function(header)
      chapters[header.identifier] = header.level == top
    end,
  })
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
