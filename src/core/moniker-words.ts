/** Words that aliases of Freight are drawn from: `<adjective>-<animal>`. Friendly, short, lower-case ASCII. */

export const adjectives: readonly string[] = `
able ace active agile airy alert alive alpine amber ample ancient apt aqua arctic ardent artful ashen atomic august
autumn avid awake azure balanced balmy basic beaming bold bonny bouncy brainy brave breezy bright brisk broad bronze
bubbly busy calm candid capable careful caring casual cedar central certain charming cheerful cheery chief chirpy
choral civic civil classic clean clear clever cloudy coastal cobalt comic common compact copper coral cordial cosmic
cosy crafty creamy crimson crisp cubic cunning curious curly cyan dainty dapper daring dashing dawning dazzling dear
decent deep deft dewy diligent direct distant divine dizzy double dreamy droll dry dual dusky dusty eager early earnest
earthy east easy eastern ebony elastic elated elder electric elegant eloquent eminent endless epic equal ethereal even
exact excited exotic expert fabled fair faithful famed famous fancy fast favored fearless festive fiery fine firm first
fit flaxen fleet floral fluent fluffy flying focal fond formal foxy fragrant frank free fresh friendly frosty frugal
full funny fuzzy gallant game garnet generous gentle genuine gifted giddy gilded glad gleaming global glossy glowing
golden good graceful grand grateful great green gritty groovy growing gusty handy happy hardy harmonic hasty hazel
hazy hearty helpful heroic hidden high hilly holy honest hopeful humble humming icy ideal idle immense indigo inner
intent inventive iron ivory jade jaunty jazzy jolly jovial joyful jubilant juicy jumbo just keen kind kindred knowing
lasting late laughing lavish leafy lean learned level light likely lilac limber linear literate lithe little lively
local lofty logical lone long loud lovely loyal lucid lucky lunar lush magenta magic major maple marble marine maroon
mature meadow mellow melodic merry mighty mild mindful minor minty misty mobile modern modest mossy musical mutual
native natural nautical navy near neat nice nifty nimble noble noisy northern novel oaken oceanic olive open optimal
orange orbital orderly ornate outer patient peachy pearly peppy perky placid plain playful pleasant plucky plum plush
poetic polar polished polite popular posh prime primal prompt proper proud prudent punctual pure purple quaint quick
quiet quirky radiant rainy rapid rare ready regal relaxed robust rosy round royal ruby rugged rural rustic rusty
sandy sane sapphire satin scarlet scenic secure serene sharp shiny sienna silent silken silver simple sincere
`
  .trim()
  .split(/\s+/)

export const animals: readonly string[] = `
aardvark addax albatross alpaca anchovy anole ant anteater antelope ape argali armadillo auk avocet axolotl babbler
badger bandicoot barnacle barracuda basilisk bass bat beagle bear beaver bee beetle beluga bison bittern blackbird
blenny boa boar bobcat bongo bonobo booby buck budgie buffalo bulbul bullfrog bunting bustard butterfly buzzard caiman
camel canary capuchin capybara caracal cardinal caribou carp cassowary cat catfish chameleon chamois cheetah chickadee
chinchilla chipmunk cicada civet clam cobra cockatoo cod colt condor coot coral cormorant corgi cougar cow coyote crab
crane cricket crocodile crow cuckoo curlew cuttlefish deer dingo dipper dodo dolphin donkey dormouse dove dragonfly
duck dugong dunlin eagle echidna eel egret eider eland elephant elk emu ermine falcon fawn ferret finch firefly
flamingo flounder fossa fox frog gannet gar gazelle gecko gerbil gibbon giraffe gnu goat godwit goldfinch goose
gopher gorilla goshawk grebe grouse guanaco gull guppy haddock halibut hamster hare harrier hawk hedgehog heron
herring hippo hornbill horse hummingbird husky ibex ibis iguana impala jackal jackdaw jaguar jay jerboa kakapo
kangaroo kestrel kingfisher kinkajou kite kiwi koala kookaburra krill kudu ladybird lamb lapwing lark lemming lemur
leopard limpet linnet lion lizard llama lobster loris lynx macaque macaw mackerel magpie mallard manatee mandrill
manta margay marlin marmoset marmot marten martin meerkat mole mongoose moose moth mouse mule mustang narwhal newt
nightjar numbat nuthatch ocelot octopus okapi opossum orca oriole oryx osprey ostrich otter owl ox oyster
`
  .trim()
  .split(/\s+/)
